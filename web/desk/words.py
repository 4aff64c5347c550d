"""How the desk names roles and words refusals."""

from __future__ import annotations

from bot.phrases import Phrase, _
from civic.errors import Refusal
from civic.staff import SHORTEST_PASSWORD, Role

ROLES: dict[Role, Phrase] = {
    Role.MODERATOR: _("Moderator"),
    Role.EDITOR: _("Editor"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.AUDITOR: _("Auditor"),
}
ROLE_DUTIES: dict[Role, Phrase] = {
    Role.MODERATOR: _("Decides on citizens’ proposals."),
    Role.EDITOR: _("Answers questions, keeps the content, announces events and news."),
    Role.ADMINISTRATOR: _("Invites colleagues and says what they may do."),
    Role.AUDITOR: _("Reads what was done by whom; changes nothing."),
}
_REFUSALS: dict[str, Phrase] = {
    "sign_in_name": _("A sign-in name has 3 to 120 characters without spaces, for example an e-mail address."),
    "name": _("Write the name that your colleagues know, with at most 80 characters."),
    "taken": _("Somebody signs in with this name already. Choose another one."),
    "password_short": _("A password has at least {n} characters.", n=SHORTEST_PASSWORD),
    "password_long": _("This password is too long. 256 characters are the limit."),
    "password_simple": _("This password is easy to guess. Use several words that have nothing to do with each other or with you."),
    "password_differs": _("The two passwords are not the same. Write them again."),
    "code": _("This code is not right, or was used already. Wait for the next one in your authenticator, and write its six digits."),
    "invitation": _("This link was used already or is too old. Ask an administrator of the desk for a new one."),
    "last_administrator": _("This is the last administrator. Make somebody else an administrator first."),
    "own_account": _("Nobody changes their own roles. Another administrator can."),
    "nobody": _("There is nobody with this number at the desk."),
    "no_roles": _("Choose at least one role."),
    "wrong_password": _("This is not your present password."),
}

TOO_FAST = _("Too many tries. Wait a minute, then try again.")
ACTIONS: dict[str, Phrase] = {  # what the log shows; an action without a name here is shown as it is written
    "signed_in": _("Signed in"),
    "login_refused": _("Login refused"),
    "session_ended": _("Signed out"),
    "sessions_ended": _("Signed out everywhere"),
    "member_invited": _("Colleague invited"),
    "member_reset": _("New access granted"),
    "invitation_accepted": _("Invitation accepted"),
    "invitation_withdrawn": _("Invitation withdrawn"),
    "roles_changed": _("Roles changed"),
    "member_disabled": _("Colleague shut out"),
    "member_enabled": _("Colleague let in again"),
    "password_changed": _("Password changed"),
    "second_factor_changed": _("Second key changed"),
    "recovery_codes_renewed": _("Recovery codes renewed"),
    "questions_answered": _("Questions answered"),
    "questions_merged": _("Questions merged"),
    "rehearsal_overruled": _("Published although questions lose their answer"),
    "entry_changed": _("Answer changed"),
    "record_changed": _("Record changed"),
    "key_rotated": _("Key changed"),
    "letter_answered": _("Failed message answered"),
    "letter_dropped": _("Failed message dropped"),
}


def worded(refusal: Refusal) -> Phrase:
    """The sentence for a refusal; KeyError for a reason that has none."""
    return _REFUSALS[refusal.reason]
