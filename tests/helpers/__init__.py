"""What tests share: made records, machines, environments and answers."""
