"""The chapters of a report, each from results to words, tables and plots."""
