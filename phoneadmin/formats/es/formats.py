"""Dates, times and numbers as in the Spanish of the United States (CLDR, es-US).

Phones here show a 12-hour clock, so the pages do too, and numbers look as they do on other screens
and bills here: 1,234.5. Django's own `es` follows Spain: a 24-hour clock, and 1.234,5.
"""

DATE_FORMAT = r"j \d\e F \d\e Y"
TIME_FORMAT = "g:i a"
DATETIME_FORMAT = r"j \d\e F \d\e Y, g:i a"
SHORT_DATE_FORMAT = "d/m/Y"
SHORT_DATETIME_FORMAT = "d/m/Y g:i a"
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
