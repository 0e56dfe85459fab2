"""Persons: phrases of job titles by what they say, in many languages: data.

A phrase a line or between commas; its masculine and feminine forms stand together, between bars, so
that they cannot weigh otherwise.
"""

from __future__ import annotations

from typing import Final

DECIDES, HAS_A_SAY, HELPS, UNKNOWN = SENIORITIES = ("decides", "has_a_say", "helps", "unknown")
"""What a job title can say: who decides, has a say, helps who decides; or nothing of it."""


def _rows(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of *text*, each with the forms of one phrase."""
    rows = [row.strip() for line in text.splitlines() for row in line.split(",")]
    return tuple(tuple(form.strip() for form in row.split("|")) for row in rows if row)


PHRASES: Final = {
    DECIDES: _rows("""
    chief, ceo, cto, cio, cfo, coo, ciso, cdo, cmo, cpo, cro, cso, cxo, cco, caio, chro, cpto
    president, vice president, vp, svp, evp, avp, director, managing director, head, dean
    provost
    founder|foundress, cofounder, co founder, proprietor|proprietress, entrepreneur
    chairman|chairwoman|chairperson, board member, member of the board, general manager
    business owner, company owner, co owner, shop owner, store owner, owner operator
    managing partner, senior partner, founding partner, general partner, equity partner
    secretary general, general secretary, superintendent, chief product owner, general counsel
    treasurer
    geschäftsführer|geschäftsführerin, geschaeftsfuehrer|geschaeftsfuehrerin, geschäftsführung
    geschäftsleitung
    geschäftsleiter|geschäftsleiterin, betriebsleiter|betriebsleiterin, leiter|leiterin, leitung
    abteilungsleiter|abteilungsleiterin, bereichsleiter|bereichsleiterin
    hauptabteilungsleiter|hauptabteilungsleiterin
    vorstandsmitglied, chefarzt|chefärztin, it chef, dga, subdirector|subdirectora
    secretary of state, заместитель директора, vorstand|vorständin
    vorstandsvorsitzender|vorstandsvorsitzende, vorsitzender|vorsitzende
    inhaber|inhaberin, gründer|gründerin, mitgründer|mitgründerin
    gesellschafter|gesellschafterin
    direktor|direktorin, prokurist|prokuristin, eigentümer|eigentümerin
    unternehmer|unternehmerin
    präsident|präsidentin, aufsichtsrat|aufsichtsrätin, generalsekretär|generalsekretärin
    bürgermeister|bürgermeisterin, kanzler|kanzlerin, rektor|rektorin, dezernent|dezernentin
    directeur|directrice, directeur général|directrice générale, président|présidente, pdg, dg
    dsi, drh, daf, rssi
    gérant|gérante, dirigeant|dirigeante, fondateur|fondatrice, cofondateur|cofondatrice
    propriétaire, associé gérant|associée gérante, chef d entreprise|cheffe d entreprise
    patron|patronne
    secrétaire général|secrétaire générale, administrateur délégué|administratrice déléguée
    direction générale
    director general|directora general, director|directora, presidente|presidenta
    fundador|fundadora
    cofundador|cofundadora, propietario|propietaria, dueño|dueña, gerente general
    consejero delegado|consejera delegada
    secretario general|secretaria general, empresario|empresaria
    administrador único|administradora única, socio director|socia directora
    diretor|diretora, presidente, proprietário|proprietária, sócio|sócia
    sócio gerente|sócia gerente, dono|dona
    empresário|empresária, administrador|administradora, secretário geral|secretária geral
    direttore|direttrice, amministratore delegato|amministratrice delegata
    amministratore unico|amministratrice unica
    fondatore|fondatrice, titolare, proprietario|proprietaria, imprenditore|imprenditrice
    dirigente, socio fondatore|socia fondatrice
    segretario generale|segretaria generale, direzione generale
    eigenaar|eigenaresse, hoofd, oprichter|oprichtster, bestuurder|bestuurster
    zaakvoerder|zaakvoerster
    bedrijfsleider|bedrijfsleidster, ondernemer|onderneemster, algemeen directeur
    voorzitter|voorzitster
    direktør, direktör, adm direktør, daglig leder, vd, verkställande direktör, ägare, eier
    grundare, grunder, gründer, ejer, indehaver
    styreleder, styrelseordförande, bestyrelsesformand, toimitusjohtaja, johtaja, omistaja
    perustaja, hallituksen puheenjohtaja
    prezes|prezeska, dyrektor|dyrektorka, właściciel|właścicielka
    współwłaściciel|współwłaścicielka, członek zarządu|członkini zarządu
    założyciel|założycielka, przewodniczący|przewodnicząca
    ředitel|ředitelka, jednatel|jednatelka, majitel|majitelka, zakladatel|zakladatelka
    předseda|předsedkyně
    riaditeľ|riaditeľka, konateľ|konateľka
    ügyvezető, igazgató|igazgatónő, vezérigazgató, tulajdonos, alapító
    director general|directoare generală, director|directoare, administrator firmă
    fondator|fondatoare, proprietar|proprietară
    direktorica, direktorka, direktor|direktorica, vlasnik|vlasnica, lastnik|lastnica
    osnivač|osnivačica, predsjednik|predsjednica
    διευθυντής|διευθύντρια, διευθύνων σύμβουλος|διευθύνουσα σύμβουλος, ιδρυτής|ιδρύτρια
    ιδιοκτήτης|ιδιοκτήτρια, πρόεδρος
    genel müdür, genel müdürü, direktörü, kurucu, kurucusu, başkan, başkanı, şirket sahibi
    yönetim kurulu başkanı, icra kurulu başkanı
    генеральный директор, директор, владелец|владелица, президент, основатель|основательница
    учредитель, собственник, председатель, начальник отдела|начальница отдела
    генеральний директор, власник|власниця, засновник|засновниця
    керівник відділу|керівниця відділу
    управител|управителка, собственик|собственичка
    מנכ"ל|מנכ"לית, מנכל|מנכלית, סמנכ"ל|סמנכ"לית, בעלים, מייסד|מייסדת, דירקטור|דירקטורית
    مدير عام|مديرة عامة, المدير العام|المديرة العامة, المدير التنفيذي|المديرة التنفيذية
    رئيس تنفيذي|رئيسة تنفيذية, مؤسس|مؤسسة, رئيس|رئيسة, صاحب الشركة|صاحبة الشركة
    giám đốc, tổng giám đốc, chủ tịch, trưởng phòng, nhà sáng lập
    direktur, direktur utama, pemilik, pendiri, presiden direktur, pengarah
    """),
    HAS_A_SAY: _rows("""
    manager|manageress, mgr, lead, leader, architect, principal, supervisor, controller
    procurement, purchasing, buyer
    team lead, product owner, project owner, assistant director, assistant general manager
    assistant manager
    assistant vice president, assistant principal
    associate director, assistant professor, associate vice president, company secretary
    chief of staff, sourcing
    managerin, teamleiter|teamleiterin, projektleiter|projektleiterin
    gruppenleiter|gruppenleiterin, schichtleiter|schichtleiterin
    teamleitung, projektleitung, gruppenleitung, sachgebietsleiter|sachgebietsleiterin
    architekt|architektin, einkauf, einkäufer|einkäuferin, verantwortlicher|verantwortliche
    referatsleiter|referatsleiterin
    chef|chefin, beschaffung, it verantwortlicher|it verantwortliche
    responsable, chef|cheffe, architecte, achats, acheteur|acheteuse, encadrant|encadrante
    gerente|gerenta, jefe|jefa, encargado|encargada, arquitecto|arquitecta, compras
    responsable de, comprador|compradora, coordinador|coordinadora
    chefe, arquiteto|arquiteta, gestor|gestora, coordenador|coordenadora
    encarregado|encarregada, responsável
    responsabile, capo, architetto|architetta, acquisti, coordinatore|coordinatrice, quadro
    teamleider|teamleidster, inkoop, inkoper|inkoopster, projectleider|projectleidster
    afdelingshoofd
    leder, ansvarig, ansvarlig, sjef, inköp, inköpare, innkjøp, indkøb, päällikkö, esimies
    hankinta, tiiminvetäjä
    kierownik|kierowniczka, menedżer|menedżerka, menadżer|menadżerka, koordynator|koordynatorka
    zakupy
    vedoucí, manažer|manažerka, nákupčí, vedúci|vedúca, vezető|vezetőnő, beszerző, menedzser
    șef|șefă, responsabil|responsabilă, voditelj|voditeljica, vodja
    rukovoditelj|rukovoditeljica
    υπεύθυνος|υπεύθυνη, προϊστάμενος|προϊσταμένη
    müdür, müdürü, yönetici, yöneticisi, sorumlusu, şefi, satın alma
    менеджер|менеджерка, руководитель|руководительница, начальник|начальница
    заведующий|заведующая, архитектор, закупки
    керівник|керівниця, ръководител|ръководителка
    מנהל|מנהלת, ראש צוות|ראשת צוות
    مدير|مديرة, مشرف|مشرفة, مسؤول|مسؤولة
    quản lý, trưởng nhóm, manajer, kepala, pengurus
    """),
    HELPS: _rows("""
    assistant, assistants, secretary, receptionist, intern, interns, trainee, apprentice, aide
    clerk
    executive assistant, personal assistant, s pa, pa to, ea to, administrative assistant
    working student
    assistent|assistentin, assistenz, sekretär|sekretärin, sekretariat, praktikant|praktikantin
    werkstudent|werkstudentin
    auszubildender|auszubildende, azubi, referendar|referendarin, volontär|volontärin, empfang
    assistant|assistante, secrétaire, stagiaire, apprenti|apprentie, alternant|alternante
    hôte d accueil|hôtesse d accueil
    asistente|asistenta, secretario|secretaria, becario|becaria, auxiliar, practicante, aprendiz
    assistente, secretário|secretária, estagiário|estagiária, recepcionista
    segretario|segretaria, stagista, tirocinante, apprendista
    stagiair|stagiaire, secretaris|secretaresse, leerling
    sekretær|sekretærinne, sekreterare, praktikantti, assistentti, avustaja, sihteeri
    harjoittelija, lærling, lärling
    asystent|asystentka, sekretarz|sekretarka, stażysta|stażystka, praktykant|praktykantka
    asistent|asistentka, sekretář|sekretářka, stážista|stážistka, sekretár|sekretárka
    asszisztens, titkár|titkárnő, gyakornok, asistent|asistentă, secretar|secretară
    tajnik|tajnica, pomoćnik|pomoćnica
    βοηθός, γραμματέας, ασκούμενος|ασκούμενη
    asistan, asistanı, sekreter, sekreteri, stajyer
    ассистент|ассистентка, секретарь|секретарша, стажёр|стажёрка, стажер|стажерка
    помощник|помощница, практикант|практикантка
    асистент|асистентка, секретар|секретарка, помічник|помічниця
    עוזר|עוזרת, מזכיר|מזכירה, מתמחה
    مساعد|مساعدة, سكرتير|سكرتيرة, متدرب|متدربة
    trợ lý, thư ký, thực tập sinh, asisten, sekretaris, magang, pembantu
    """),
    UNKNOWN: _rows("""
    account manager, key account manager, partner account manager, partner manager
    client manager, customer success manager
    account director, community manager, social media manager, case manager, office manager
    data owner, process owner, system owner, home owner, test lead
    head hunter, head nurse, head chef, sous chef, pastry chef, lead generation, lead gen, leads
    chef de projet junior, chef de partie, chef de rang, chef cuisinier|cheffe cuisinière
    amministratore di sistema|amministratrice di sistema
    administrador de sistemas|administradora de sistemas
    key account managerin, gestor de conta|gestora de conta
    """),
}
"""Phrases by what they say; the longest counts where they overlap, and words that help outrank."""

WHOLE: Final = {
    DECIDES: _rows("owner, partner, gm, founders, boss, self employed"),
    HAS_A_SAY: (),
    HELPS: _rows("pa, ea"),
    UNKNOWN: (),
}
"""What says so only where it is the whole of a title, or of a part between commas and the like."""

ENDINGS: Final = {
    DECIDES: _rows("""
    leiter|leiterin, leitung, direktor|direktorin, direktør, direktör, vorstand|vorständin
    inhaber|inhaberin
    directeur|directrice, johtaja, chef, sjef
    """),
    HAS_A_SAY: _rows("""
    projektleiter|projektleiterin, teamleiter|teamleiterin, gruppenleiter|gruppenleiterin
    projektleitung, teamleitung
    manager|managerin, leder, ledare, leider|leidster, päällikkö, architekt|architektin
    einkäufer|einkäuferin, verantwortlicher|verantwortliche
    """),
    HELPS: _rows("""
    assistent|assistentin, assistenz, sekretär|sekretärin, sekretariat, praktikant|praktikantin
    sekreterare, secretaris|secretaresse
    werkstudent|werkstudentin, assistente, sihteeri
    """),
    UNKNOWN: _rows("""
    reiseleiter|reiseleiterin, begleiter|begleiterin, halbleiter, ableiter, wegleitung
    souschef, begleitung, ableitung, anleitung, zuleitung, küchenchef|küchenchefin
    """),
}
"""Ends of words that are written together, as in German, Dutch and the Nordic languages."""

CONTAINED: Final = {
    DECIDES: _rows("""
    代表取締役, 代表取締役社長, 代表, 取締役, 社長, 副社長, 会長, 頭取, 執行役員, 役員, 部長
    部門長, 次長, 本部長, 事業部長, 室長, 局長, 所長, 支店長, 工場長
    責任者
    経営者, 創業者, 最高経営責任者, 最高技術責任者, オーナー, ディレクター, 理事長, 院長, 学長
    总经理, 總經理, 副总经理, 副總經理, 董事长, 董事長, 董事, 总裁, 總裁, 副总裁, 副總裁, 首席
    首席执行官, 首席技术官, 总监, 總監, 总工, 部长, 處長
    处长, 局长, 院长
    创始人, 創辦人, 创办人, 老板, 老闆, 法人代表, 合伙人, 合夥人, 负责人, 負責人, 厂长, 廠長
    执行长, 執行長, 財務長, 技術長, 資訊長, 營運長
    대표, 대표이사, 사장, 부사장, 회장, 부회장, 전무, 상무, 이사, 본부장, 부장, 실장, 원장, 소장
    창업자, 설립자, 최고경영자, 임원, 책임자
    """),
    HAS_A_SAY: _rows("""
    課長, 課長代理, 係長, 主任, 主査, マネージャー, マネジャー, リーダー, アーキテクト, 購買
    調達
    经理, 經理, 主管, 组长, 組長, 科长, 科長, 架构师, 架構師, 采购, 採購, 课长, 產品負責人
    产品负责人
    팀장, 매니저, 과장, 차장, 파트장, 구매, 아키텍트, 대리, 리더
    """),
    HELPS: _rows("""
    秘書, アシスタント, インターン, 実習生, 見習い, 助手
    秘书, 助理, 实习生, 實習生, 学徒
    비서, 어시스턴트, 인턴, 보조, 조수
    """),
    UNKNOWN: _rows("客户经理, 客戶經理, 营业担当, 営業担当, 代表番号, 영업대표"),
}
"""What words without blanks contain, in Chinese, Japanese and Korean; helpers end them."""
