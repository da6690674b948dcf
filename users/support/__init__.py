"""Django admin for the phone company's support staff: what all of its parts share (R35 to R38)."""
