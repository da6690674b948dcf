"""Provisioning: what a desk phone fetches when it starts (R32). One module a make, and what is common to them."""
