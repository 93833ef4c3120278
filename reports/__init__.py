"""What the records say: tables, figures and reports. pandas and matplotlib live here alone."""
