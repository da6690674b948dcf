"""The numbers that phones dial at once, before anything else (R13)."""

# 911 and 112, the test call of the North American 911 registry (933), and 911 as people dial it who
# are used to 9 for an outside line.
EMERGENCY_NUMBERS = ("911", "933", "112", "9911")
