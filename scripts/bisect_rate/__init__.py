"""How often `metalbench bisect` names the release that was made slower."""
