"""What a column of an unknown export probably is, by its name and its values."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from data_contracts.export_contract import WorkerField

_NAMES: dict[WorkerField, str] = {
    WorkerField.WORKER_ID: (
        "workerid employeeid employeenumber employeeno empno empnum empid personid personnelnumber"
        " personnelno personalnummer personalnr persnr mitarbeiternummer mitarbeiternr matricule"
        " numeroempleado associateid personnumber badgeid id userid"
    ),
    WorkerField.USER_NAME: "username login userprincipalname upn samaccountname benutzername",
    WorkerField.EMAIL: (
        "workemail email emailaddress mail primaryemail primaryworkemail emailwork"
        " workcontactworkemail mailadresse emailadresse courriel correo"
    ),
    WorkerField.GIVEN_NAME: (
        "firstname givenname vorname forename preferredfirstname legalfirstname prenom"
        " nombre voornaam"
    ),
    WorkerField.FAMILY_NAME: (
        "lastname familyname surname nachname name2 legallastname familienname apellidos"
        " achternaam nom nomdefamille"
    ),
    WorkerField.DISPLAY_NAME: "displayname fullname name",
    WorkerField.TITLE: (
        "jobtitle title businesstitle jobname position stelle job funktion fonction poste puesto"
        " functie"
    ),
    WorkerField.DEPARTMENT: (
        "department dept departmentname abteilung team departement departamento afdeling"
    ),
    WorkerField.DIVISION: "division bereich",
    WorkerField.ORGANIZATION: "company organization organisation legalentity firma",
    WorkerField.COST_CENTER: "costcenter costcentre kostenstelle",
    WorkerField.EMPLOYEE_TYPE: "employeetype emptype workertype employmenttype contracttype",
    WorkerField.MANAGER: "managerid supervisorid manageremployeeid reportsto vorgesetzter manager",
    WorkerField.LOCATION: "location office site standort worklocation",
    WorkerField.COUNTRY: "country countrycode land",
    WorkerField.TIME_ZONE: "timezone zeitzone",
    WorkerField.HIRE_DATE: (
        "hiredate startdate originalhiredate entrydate eintrittsdatum eintritt dateembauche"
        " datedentree fechaalta"
    ),
    WorkerField.LAST_DAY: (
        "lastday terminationdate enddate leavedate lastdayofwork exitdate austrittsdatum austritt"
        " datesortie datedesortie fechabaja dateofleaving dateofexit dateoftermination"
    ),
    WorkerField.REHIRE_DATE: "rehiredate dateofrehire wiedereintritt wiedereintrittsdatum",
    WorkerField.LEAVE_END: "leaveend leaveenddate lastdayofleave loaenddate",
}
"""Headers met in real exports, letters and digits alone."""

_DIRECTORY_NAMES = {
    "uid": WorkerField.USER_NAME,
    "gn": WorkerField.GIVEN_NAME,
    "sn": WorkerField.FAMILY_NAME,
    "cn": WorkerField.DISPLAY_NAME,
}
"""Short names of LDAP (RFC 4519). In a spreadsheet SN numbers the rows, and a UID is any id."""

_STATUS = (
    r"(employment|employee|worker|work|person|hr|user|account|assignment|job|lifecycle)?"
    r"(status|lifecycle)|(is|account)?(active|enabled)|lifecyclestate|statut|estado|mitarbeiterstatus",
    r"(is|account)?(suspended|deleted|archived|disabled|terminated|blocked|deactivated)",
    r".*(status|statut|lifecycle).*",
)
"""Whole names that a status of employment or of an account has, the surest first."""
_OTHER_STATUS = re.compile(
    r"marital|civil|family|visa|citizen|resident|immigration|military|veteran|disab(led)?status"
    r"|disability|ethnic|tax|benefit|pay|exempt|flsa|smok|health|vaccin|mfa|2sv|enrol|verif|phone"
    r"|date|since|expir|text|emoji|chang|reason"
)
"""Statuses that say nothing about whether somebody is employed."""
_FEW = 20  # different values; a status has no more
_DATES = {
    "yyyy-MM-dd": "%Y-%m-%d",
    "dd.MM.yyyy": "%d.%m.%Y",
    "yyyy/MM/dd": "%Y/%m/%d",
    "dd/MM/yyyy": "%d/%m/%Y",
    "MM/dd/yyyy": "%m/%d/%Y",
}


def plain(name: str) -> str:
    """A header's letters without accents, and digits, in lower case; of a path the last part."""
    last = name.rsplit(".", 1)[-1].replace("#", " number")
    letters = unicodedata.normalize("NFKD", last)
    return re.sub(r"[\W_]", "", letters).lower()


def guess_meaning(name: str, *, of_directory: bool = False) -> WorkerField | None:
    """What a column of this name usually holds.

    Args:
        name: The header.
        of_directory: Whether it is an attribute of a directory's entries, and no header.
    """
    if of_directory and plain(name) in _DIRECTORY_NAMES:
        return _DIRECTORY_NAMES[plain(name)]
    for field, names in _NAMES.items():
        if plain(name) in names.split():
            return field
    return None


def find_status(columns: Sequence[tuple[str, Sequence[str | None]]]) -> int | None:
    """Which column says of each person whether they are employed.

    Args:
        columns: Name and values of each; the first of several that are as likely is taken.

    Returns:
        Its place among the columns, from 0; None when there is none.
    """
    for names in _STATUS:
        for index, (name, values) in enumerate(columns):
            distinct = {value for value in values if value is not None}
            own = plain(name)
            if (
                0 < len(distinct) <= _FEW
                and re.fullmatch(names, own)
                and not _OTHER_STATUS.search(own)
            ):
                return index
    return None


def looks_like_key(values: Sequence[str | None]) -> bool:
    """Whether every row has a value and none stands twice."""
    return bool(values) and None not in values and len(set(values)) == len(values)


def guess_date_formats(values: Sequence[str | None]) -> tuple[str, ...]:
    """The formats in which every value is a date; several when day and month cannot be told."""
    distinct = {value for value in values if value is not None}
    if not distinct:
        return ()
    return tuple(
        words for words, form in _DATES.items() if all(_is_date(v, form) for v in distinct)
    )


def _is_date(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).strftime(form) == text  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return False
