"""Dates, times and numbers as Spanish is written in the United States (CLDR, es-US).

Phones here show twelve hours, so the pages do too; numbers are those of the screens and bills
around them: 1,234.5. Django's own `es` is that of Spain: twenty-four hours, and comma and point the
other way round.
"""

DATE_FORMAT = r"j \d\e F \d\e Y"
TIME_FORMAT = "g:i a"
DATETIME_FORMAT = r"j \d\e F \d\e Y, g:i a"
SHORT_DATE_FORMAT = "d/m/Y"
SHORT_DATETIME_FORMAT = "d/m/Y g:i a"
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
