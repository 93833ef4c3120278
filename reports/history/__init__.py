"""One machine's figures over time: a store of its runs, and the changes in them."""
