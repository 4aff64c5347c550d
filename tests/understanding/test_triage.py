"""Where a text belongs that is no proposal: told in six ways of writing, and never to somebody who proposes something."""

from __future__ import annotations

import pytest

from understanding.triage import matter

MATTERS = {
    "emergency": [
        "عتقوني العافية شاعلة فالدار",
        "هناك حريق في العمارة والناس محاصرون",
        "l3afia cha3la f dar dyal jiran, 3et9ouna",
        "Au secours, il y a le feu chez la voisine",
        "Il a perdu connaissance, appelez une ambulance vite",
        "Please send an ambulance now",
        "I want to kill myself",
        "أفكر في الانتحار ولا أحد يسمعني",
        "awsat iyi ɣil",
    ],
    "corruption": [
        "الموظف طلب مني رشوة باش يعطيني الرخصة",
        "طلبو مني الرشوة فالمقاطعة",
        "lmoqaddem tleb meni rechwa bach y3tini chahada",
        "Un agent m'a demandé un bakchich pour mon permis",
        "An officer asked me for a bribe",
        "ⵉⵙⵙⵓⵜⵔ ⵉⵢⵉ ⵔⵔⵛⵡⴰ",
    ],
    "petition": [
        "نحن الموقعون أسفله نطالب بإصلاح الطريق",
        "بغينا نديرو عريضة على الما",
        "bghina ndiro 3arida 3la lma",
        "Nous soussignés, habitants du quartier, demandons une école",
        "We the undersigned ask for a school",
        "riɣ ad aznɣ tulkimt",
    ],
    "complaint": [
        "ملفي في العمالة منذ سنة دون جواب",
        "أريد تقديم شكاية ضد الشركة",
        "الدوسي ديالي فالمقاطعة هادي عام وما جاوبني حد",
        "dossier dyali hadi 3am w majawbonich",
        "bghit nchki b lmowadaf",
        "Mon dossier de passeport est bloqué depuis six mois",
        "Le fonctionnaire m'a insultée au guichet",
        "My application was rejected and I have no answer",
        "riɣ ad aznɣ tanrizt",
    ],
    "information": [
        "أطلب نسخة من صفقة الطريق",
        "المرجو تزويدي بلائحة المستفيدين",
        "بغيت نسخة من القرار ديال الجماعة",
        "bghit noskha mn lmizaniya dyal ljama3a",
        "Je souhaite obtenir le document de l’appel d’offres",
        "Veuillez me communiquer la liste des subventions",
        "I would like a copy of the contract",
        "riɣ yat tantamt",
    ],
}

PROPOSALS = [
    "Installer des détecteurs d’incendie dans les écoles et former les élèves",
    "Les pompiers devraient avoir une caserne dans chaque commune rurale",
    "Il faudrait publier les délais des dossiers de passeport et prévenir quand un dossier est refusé",
    "Ouvrir un numéro gratuit pour les réclamations contre les transports",
    "Simplifier le dépôt des pétitions : une seule signature électronique par personne",
    "Chaque administration devrait publier la liste de ses documents",
    "Former les agents du guichet à la langue des signes",
    "Une ambulance pour chaque douar de montagne",
    "نقترح أن تنشر كل جماعة نسخة من ميزانيتها على موقعها",
    "نقترح إحداث رقم أخضر للتبليغ عن الرشوة في كل عمالة",
    "تبسيط مسطرة تقديم العرائض إلكترونيا",
    "نقترح تكوين رجال الوقاية المدنية في كل قرية",
    "خاص كل مستشفى يكون فيه سيارة إسعاف",
    "الموظفين خاصهم يجاوبو الناس على الطلبات ديالهم فأقل من شهر",
    "khass kol jama3a t7et les horaires f site",
    "khass ykon numero bach nas ybelghou 3la rechwa",
    "nchouf ana khass les dossiers ykono online bach tkon chafafia",
    "Publish how long passport applications take in each region",
    "A bench at every bus stop for elderly people",
    "Let citizens sign petitions with one click",
    "Every town hall should answer complaints within ten days",
    "Fire stations in every mountain village would save lives",
    "ⵔⵉⵖ ⴰⴷ ⵜⵉⵍⵉ ⵜⵎⴰⵣⵉⵖⵜ ⴳ ⵜⵏⵓⴼⴰ ⵏ ⵜⴳⵔⴰⵡⵜ",
    "",
]


@pytest.mark.parametrize(("expected", "text"), [(name, text) for name, texts in MATTERS.items() for text in texts])
def test_a_matter_is_told(expected: str, text: str) -> None:
    assert matter(text) == expected


@pytest.mark.parametrize("text", PROPOSALS)
def test_a_proposal_is_not_sent_elsewhere(text: str) -> None:
    assert matter(text) == ""
