"""Job titles and notes of the plausible mix, by language, as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ROLES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "en": {
        "decides": ("CEO", "Head of IT", "VP Operations", "IT Director", "Owner", "Co-Founder"),
        "has a say": ("IT Manager", "Solution Architect", "Team Lead", "Purchasing Manager"),
        "another role": ("Developer", "Consultant", "Accountant", "Systems Engineer", "Analyst"),
        "assists": ("Executive Assistant to the CFO",),
        "studies": ("Student", "PhD student"),
    },
    "de": {
        "decides": ("Geschäftsführerin", "Leiter IT", "Inhaber", "Prokuristin", "Bereichsleitung"),
        "has a say": ("Projektleiterin", "IT-Manager", "Einkäufer", "Softwarearchitekt"),
        "another role": ("Sachbearbeiterin", "Entwickler", "Systemadministrator", "Beraterin"),
        "assists": ("Assistenz der Geschäftsführung",),
        "studies": ("Studentin", "Student"),
    },
    "fr": {
        "decides": ("Directrice générale", "DSI", "Gérant", "PDG", "Directeur financier"),
        "has a say": ("Responsable informatique", "Chef de projet", "Acheteuse"),
        "another role": ("Comptable", "Développeuse", "Consultant", "Ingénieur"),
        "assists": ("Assistante de direction",),
        "studies": ("Étudiante",),
    },
    "es": {
        "decides": ("Director de TI", "Directora financiera", "Propietario", "Presidenta"),
        "has a say": ("Gerente de sistemas", "Jefa de compras", "Arquitecto de soluciones"),
        "another role": ("Contable", "Desarrolladora", "Consultor", "Analista"),
        "assists": ("Asistente del director",),
        "studies": ("Estudiante",),
    },
    "pt": {
        "decides": ("Diretora de TI", "Sócio", "Diretor financeiro", "CTO"),
        "has a say": ("Gerente de TI", "Arquiteta de software"),
        "another role": ("Contadora", "Desenvolvedor", "Analista de sistemas"),
        "assists": ("Assistente da diretora",),
        "studies": ("Estudante",),
    },
    "it": {
        "decides": ("Direttrice IT", "Titolare", "Amministratore delegato"),
        "has a say": ("Responsabile acquisti", "IT Manager"),
        "another role": ("Contabile", "Sviluppatore", "Consulente"),
        "assists": ("Assistente del direttore",),
        "studies": ("Studentessa",),
    },
    "nl": {
        "decides": ("Directeur", "Eigenaar", "Hoofd ICT"),
        "has a say": ("IT-manager", "Teamleider", "Inkoper"),
        "another role": ("Ontwikkelaar", "Boekhouder", "Adviseur"),
        "assists": ("Assistent van de directeur",),
        "studies": ("Student",),
    },
    "da": {
        "decides": ("Direktør", "IT-direktør", "Indehaver"),
        "has a say": ("IT-chef", "Projektleder", "Leder af indkøb"),
        "another role": ("Udvikler", "Bogholder", "Konsulent"),
        "assists": ("Assistent for direktør",),
        "studies": ("Studerende",),
    },
    "pl": {
        "decides": ("Dyrektorka IT", "Prezes", "Właściciel"),
        "has a say": ("Kierownik projektu",),
        "another role": ("Programista", "Księgowa"),
        "assists": ("Asystentka prezesa",),
        "studies": ("Studentka",),
    },
    "ja": {
        "decides": ("代表取締役", "部長"),
        "has a say": ("課長", "マネージャー"),
        "another role": ("エンジニア", "経理"),
        "assists": ("社長秘書",),
        "studies": ("学生",),
    },
}
"""Job titles as people write them; the rules do not know all of them."""

WORDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "en": {
        "general": (
            "Please contact me.",
            "I am interested in learning more about your product.",
            "Hello, can you tell me how it works with SAP? Thank you.",
        ),
        "asks": (
            "Could you show us a demo? We handle 40,000 invoices a month.",
            "What does it cost for 200 seats?",
            "Please send a quote.",
            "We are looking for a replacement of our old tool and want to compare vendors.",
        ),
        "asks with budget or date": (
            "We need a demo next week. Budget approved for Q1.",
            "Please send pricing for 50 users by Friday, it is urgent.",
        ),
        "no buyer": (
            "We sell high quality backlinks for your site.",
            "I write my master thesis about invoice automation and have some questions.",
        ),
    },
    "de": {
        "general": ("Bitte um Kontaktaufnahme.", "Ich hätte gerne mehr Informationen."),
        "asks": (
            "Bitte senden Sie uns ein Angebot für 200 Lizenzen.",
            "Können wir eine Vorführung bekommen?",
            "Wir suchen eine Lösung für unsere Eingangsrechnungen.",
        ),
        "asks with budget or date": (
            "Das Budget ist genehmigt, bitte um einen Termin diese Woche.",
        ),
        "no buyer": ("Ich schreibe meine Masterarbeit und habe ein paar Fragen.",),
    },
    "fr": {
        "general": ("Merci de me contacter.", "Je souhaite en savoir plus."),
        "asks": ("Merci de nous envoyer un devis.", "Peut-on avoir une démonstration ?"),
        "asks with budget or date": ("Besoin d'un tarif cette semaine, le budget est validé.",),
    },
    "es": {
        "general": ("Quisiera más información.",),
        "asks": ("¿Cuál es el precio por usuario?", "Necesitamos una demo para el equipo."),
        "asks with budget or date": ("Necesito una cotización urgente.",),
    },
    "pt": {
        "general": ("Gostaria de mais informações.",),
        "asks": ("Qual é o preço?", "Gostaria de uma demonstração."),
        "asks with budget or date": ("Preciso de um orçamento com urgência, prazo curto.",),
    },
    "it": {
        "general": ("Vorrei maggiori informazioni.",),
        "asks": ("Vorrei un preventivo per 30 licenze.",),
        "asks with budget or date": ("Serve una demo questa settimana.",),
    },
    "nl": {
        "general": ("Graag meer informatie.",),
        "asks": ("Graag een offerte voor 40 gebruikers.", "Kunnen we een demo krijgen?"),
        "asks with budget or date": ("Wij hebben deze week een afspraak nodig.",),
    },
    "da": {
        "general": ("Kontakt mig venligst.",),
        "asks": ("Send venligst et tilbud.",),
        "asks with budget or date": ("Vi ønsker en demo, budget er på plads.",),
    },
    "pl": {
        "general": ("Proszę o kontakt.",),
        "asks": ("Proszę o wycenę dla zespołu.",),
        "asks with budget or date": ("Pilne: jaka jest cena?",),
    },
    "ja": {
        "general": ("詳細を教えてください。",),
        "asks": ("デモを希望します。", "見積もりをお願いします。"),
        "asks with budget or date": ("来週デモをお願いします。予算は承認済みです。",),
    },
}
"""What people write, in their words; the rules do not know all of them either."""
