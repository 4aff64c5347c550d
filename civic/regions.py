"""The twelve regions of Morocco (decree 2-15-40 of 2015), in their official order, with their names."""

from __future__ import annotations

REGIONS: dict[str, dict[str, str]] = {
    "tanger-tetouan-al-hoceima": {
        "ar": "طنجة تطوان الحسيمة",
        "fr": "Tanger-Tétouan-Al Hoceïma",
        "zgh": "ⵟⴰⵏⵊⴰ ⵜⵉⵟⵟⴰⵡⵉⵏ ⵍⵃⵓⵙⵉⵎⴰ",
        "en": "Tangier-Tetouan-Al Hoceima",
    },
    "oriental": {"ar": "الشرق", "fr": "L’Oriental", "zgh": "ⵜⴰⴳⵎⵓⴹⴰⵏⵜ", "en": "Oriental"},
    "fes-meknes": {"ar": "فاس مكناس", "fr": "Fès-Meknès", "zgh": "ⴼⴰⵙ ⵎⴽⵏⴰⵙ", "en": "Fez-Meknes"},
    "rabat-sale-kenitra": {
        "ar": "الرباط سلا القنيطرة",
        "fr": "Rabat-Salé-Kénitra",
        "zgh": "ⵔⵔⴱⴰⵟ ⵙⵍⴰ ⵇⵏⵉⵟⵔⴰ",
        "en": "Rabat-Salé-Kenitra",
    },
    "beni-mellal-khenifra": {
        "ar": "بني ملال خنيفرة",
        "fr": "Béni Mellal-Khénifra",
        "zgh": "ⴰⵢⵜ ⵎⵍⵍⴰⵍ ⵅⵏⵉⴼⵔⴰ",
        "en": "Béni Mellal-Khénifra",
    },
    "casablanca-settat": {
        "ar": "الدار البيضاء سطات",
        "fr": "Casablanca-Settat",
        "zgh": "ⵜⵉⴳⵎⵎⵉ ⵜⵓⵎⵍⵉⵍⵜ ⵙⵟⵟⴰⵜ",
        "en": "Casablanca-Settat",
    },
    "marrakech-safi": {"ar": "مراكش آسفي", "fr": "Marrakech-Safi", "zgh": "ⵎⵕⵕⴰⴽⵛ ⴰⵙⴼⵉ", "en": "Marrakesh-Safi"},
    "draa-tafilalet": {"ar": "درعة تافيلالت", "fr": "Drâa-Tafilalet", "zgh": "ⴷⴰⵔⵄⴰ ⵜⴰⴼⵉⵍⴰⵍⵜ", "en": "Drâa-Tafilalet"},
    "souss-massa": {"ar": "سوس ماسة", "fr": "Souss-Massa", "zgh": "ⵙⵓⵙ ⵎⴰⵙⵙⴰ", "en": "Souss-Massa"},
    "guelmim-oued-noun": {"ar": "كلميم واد نون", "fr": "Guelmim-Oued Noun", "zgh": "ⴳⵍⵎⵉⵎ ⴰⵙⵉⴼ ⵏⵓⵏ", "en": "Guelmim-Oued Noun"},
    "laayoune-sakia-el-hamra": {
        "ar": "العيون الساقية الحمراء",
        "fr": "Laâyoune-Sakia El Hamra",
        "zgh": "ⵍⵄⵢⵓⵏ ⵜⴰⵔⴳⴰ ⵜⴰⵣⴳⴳⵯⴰⵖⵜ",
        "en": "Laâyoune-Sakia El Hamra",
    },
    "dakhla-oued-ed-dahab": {
        "ar": "الداخلة وادي الذهب",
        "fr": "Dakhla-Oued Ed-Dahab",
        "zgh": "ⴷⴷⴰⵅⵍⴰ ⴰⵙⵉⴼ ⵏ ⵡⵓⵔⵖ",
        "en": "Dakhla-Oued Ed-Dahab",
    },
}
