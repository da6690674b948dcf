"""The data of the demo company, and names and places for generated accounts."""

from __future__ import annotations

COMPANY = "Northwind Trading"
PEOPLE = """\
First name,Last name,Email,Extension,Plan,Caller ID,Role
Tamar,Haddad,tamar.haddad@northwind-trading.example,101,Basic,+14155550100,admin
Owen,Cohen,ADMINISTRATOR,102,Pro,+14165550101,admin
Chen,Nguyen,chen.nguyen@northwind-trading.example,103,Pro,+12125550102,
Jürgen,Léger,jurgen.leger@northwind-trading.example,104,Basic,+15145550103,
Nadia,Diaz,nadia.diaz@northwind-trading.example,105,Pro,+15145550104,
,Hughes,raj.hughes@northwind-trading.example,106,Pro,+12125550105,
Sana,O'Neil,sana.oneil@northwind-trading.example,107,Basic,+14155550106,
Tom,Brown,tom.brown@northwind-trading.example,108,Pro,+12125550107,
Zoë,Bélanger,zoe.belanger@northwind-trading.example,109,Pro,+15145550108,
Hiro,Rossi,,110,Pro,+13125550109,
Kofi,Clark,kofi.clark@northwind-trading.example,111,Plus,+12125550110,
Anh,Adams,anh.adams@northwind-trading.example,131,Pro,+14155550111,
Malik,Roy,malik.roy@northwind-trading.example,113,Basic,+13125550112,
Víctor,Kim,victor.kim@northwind-trading.example,114,Plus,+14165550113,
Noah,Tremblay,noah.tremblay@northwind-trading.example,115,Plus,+13125550114,
Leila,Moreau,leila.moreau@northwind-trading.example,116,Plus,+14155550115,
Aisha,Ali,aisha.ali@northwind-trading.example,117,Plus,+14165550116,
Søren,Singh,sren.singh@northwind-trading.example,118,Plus,+13125550117,
Karl,Okafor,karl.okafor@northwind-trading.example,119,Plus,+15145550118,
Renée,Ivanov,renee.ivanov@northwind-trading.example,120,Plus,+14165550119,
Siobhán,Patel,siobhan.patel@northwind-trading.example,121,Basic,+15145550120,
Yara,Tanaka,yara.tanaka@northwind-trading.example,122,Plus,+12125550121,
Fatima,Walsh,fatima.walsh@northwind-trading.example,123,Basic,+12125550122,
Inés,Dubois,ines.dubois@northwind-trading.example,124,Pro,+12125550123,
Olga,Stone,olga.stone@northwind-trading.example,125,Basic,+15145550124,
Pablo,Reyes,pablo.reyes@northwind-trading.example,126,Pro,+13125550125,
Ivan,Silva,ivan.silva@northwind-trading.example,127,Plus,+12125550126,
Priya,Müller,priya.muller@northwind-trading.example,128,Basic,+12125550127,
Luis,Wong,luis.wong@northwind-trading.example,129,Pro,+13125550128,
Caleb,Andersen,caleb.andersen@northwind-trading.example,130,Pro,+14165550129,
Dana,García,dana.garcia@northwind-trading.example,99,Pro,+14155550130,
Émile,Fernández,emile.fernandez@northwind-trading.example,7,Plus,+12125550131,
Maya,Mensah,maya.mensah@northwind-trading.example,1001,Pro,+14155550132,
Ewa,Jensen,ewa.jensen@northwind-trading.example,1002,Pro,+12125550133,
Dwayne,Novák,dwayne.novak@northwind-trading.example,1003,Plus,+14165550134,
Gus,Lopez,gus.lopez@northwind-trading.example,2100,Basic,+13125550135,
Grace,Costa,grace.costa@northwind-trading.example,2101,Basic,+14165550136,
Mei,Schmidt,mei.schmidt@northwind-trading.example,2102,Pro,+12125550137,
Björn,Park,bjorn.park@northwind-trading.example,3000,Pro,+13125550138,
Ruth,Nowak,ruth.nowak@northwind-trading.example,9999,Basic,+14155550139,
"""
PHONES = """\
MAC,Model,Label,Kind,Assigned extension
48:25:67:82:C9:B0,Poly Edge E350,Front desk,user,
00:04:13:B7:91:F7,Snom D785,,user,124
70:B3:17:0E:D9:C5,Cisco CP-8841-3PCC,Warehouse,user,1001
70:B3:17:EE:66:17,Cisco CP-8841-3PCC,,user,115
64:16:7F:7F:83:D4,Poly VVX 450,Dr. Roy's office,user,
C0:74:AD:1A:8C:82,Grandstream GRP2614,Shipping – dock 2,user,126
24:9A:D8:50:4E:D1,Yealink SIP-T54W,,user,127
48:25:67:39:F6:21,Poly Edge E350,,user,3000
70:B3:17:BE:5B:B2,Cisco CP-8841-3PCC,Sala de reuniones,user,
24:9A:D8:F0:29:D1,Yealink SIP-T54W,Lab 3,user,99
70:B3:17:7E:3E:CB,Cisco CP-8841-3PCC,,user,103
C0:74:AD:C2:F2:B3,Grandstream GRP2614,Lobby,common,
70:B3:17:34:35:FD,Cisco CP-8841-3PCC,,user,
24:9A:D8:7F:A8:46,Yealink SIP-T54W,,user,129
24:9A:D8:06:B6:E7,Yealink SIP-T54W,,user,105
C0:74:AD:6E:F7:35,Grandstream GRP2614,,user,2102
C0:74:AD:D0:F9:2C,Grandstream GRP2614,,user,
64:16:7F:8F:18:50,Poly VVX 450,,user,118
70:B3:17:5D:39:05,Cisco CP-8841-3PCC,,user,122
C0:74:AD:C7:64:53,Grandstream GRP2614,,user,1002
24:9A:D8:51:B7:A4,Yealink SIP-T54W,,user,
48:25:67:24:D4:3C,Poly Edge E350,,user,109
80:5E:C0:47:0C:85,Yealink SIP-T46U,,user,130
24:9A:D8:E3:C1:80,Yealink SIP-T54W,Kitchen,common,
48:25:67:40:DE:B8,Poly Edge E350,,user,
24:9A:D8:43:B5:12,Yealink SIP-T54W,,user,119
64:16:7F:00:E8:A2,Poly VVX 450,,user,131
48:25:67:02:B8:67,Poly Edge E350,,user,111
24:9A:D8:6B:3D:DD,Yealink SIP-T54W,,user,
00:04:13:6E:53:8C,Snom D785,,user,108
70:B3:17:54:EB:22,Cisco CP-8841-3PCC,,user,117
64:16:7F:55:3D:74,Poly VVX 450,,user,114
70:B3:17:94:1F:CE,Cisco CP-8841-3PCC,,user,
00:04:13:A0:96:E9,Snom D785,,user,7
24:9A:D8:65:D4:D2,Yealink SIP-T54W,,user,102
48:25:67:68:D8:DC,Poly Edge E350,Mail room,common,
"""
# Extension and caller number of each common-area phone, by its label.
LINES_OF_PLACES = {
    "Lobby": ("200", "+12125550190"),
    "Kitchen": ("201", "+12125550190"),
    "Mail room": ("202", None),
}
# The company's offices, by the area code of the people in them.
OFFICES = {
    "212": {
        "house_number": "100",
        "street_name": "Gold",
        "street_type": "St",
        "city": "New York",
        "state": "NY",
        "postal_code": "10038",
        "country": "US",
    },
    "312": {
        "house_number": "311",
        "pre_directional": "S",
        "street_name": "Wacker",
        "street_type": "Dr",
        "city": "Chicago",
        "state": "IL",
        "postal_code": "60606",
        "country": "US",
    },
    "415": {
        "house_number": "1827",
        "street_name": "Union",
        "street_type": "St",
        "city": "San Francisco",
        "state": "CA",
        "postal_code": "94123",
        "country": "US",
    },
    "416": {
        "house_number": "30",
        "street_name": "Titan",
        "street_type": "Rd",
        "unit_type": "Unit",
        "unit": "17",
        "city": "Toronto",
        "state": "ON",
        "postal_code": "M8Z 5Y2",
        "country": "CA",
    },
    "514": {
        "house_number": "475",
        "street_type_before": "Boulevard",
        "street_name": "De Maisonneuve",
        "post_directional": "E",
        "city": "Montréal",
        "state": "QC",
        "postal_code": "H2L 5C4",
        "country": "CA",
    },
}
WITHOUT_ADDRESS = (1, 8, 13, 19)  # places in the list of assigned phones, by extension
WITH_PENDING_ADDRESS = 4

FIRST_NAMES = (
    "Aisha", "Ana", "André", "Anh", "Björn", "Chen", "Chloë", "Dana", "Diego", "Dwayne", "Élise",
    "Émile", "Ewa", "Fatima", "François", "Grace", "Hana", "Hiro", "Inés", "Ivan", "Jürgen", "José",
    "Karl", "Kofi", "Leila", "Luis", "Maya", "Mei", "Nadia", "Noah", "Olga", "Øyvind", "Pablo",
    "Priya", "Renée", "Ruth", "Sana", "Siobhán", "Søren", "Tamar", "Víctor", "Yara", "Zoë", "Žofia",
)  # fmt: skip
LAST_NAMES = (
    "Adams", "Ali", "Andersen", "Bélanger", "Brown", "Clark", "Cohen", "Costa", "Diaz", "Dubois",
    "Fernández", "García", "Haddad", "Hughes", "Ivanov", "Jensen", "Kim", "Léger", "Lopez",
    "Łukasik", "Mensah", "Moreau", "Müller", "Nguyễn", "Novák", "Nowak", "O'Neil", "Okafor",
    "Ouellet", "Park", "Patel", "Peña", "Reyes", "Rossi", "Roy", "Schmidt", "Silva", "Singh",
    "Stone", "Tanaka", "Tremblay", "Walsh", "Wong", "Ståhl",
)  # fmt: skip
TRADES = (
    "Bakery",
    "Clinic",
    "Dental",
    "Freight",
    "Hardware",
    "Insurance",
    "Law",
    "Legal",
    "Logistics",
    "Schools",
)
PLACES = (
    "Front desk",
    "Dock",
    "Warehouse",
    "Sala de reuniones",
    "Lab",
    "Réception",
    "Till",
    "Workshop",
    "Office",
)
COMMON_AREA = 0.03
LABELLED = 1 / 3
