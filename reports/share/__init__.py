"""What people pass on of a report: a summary for programs and people, a card, a badge."""
