"""What a desk phone fetches when it starts (R32): one module per make, and what they share."""
