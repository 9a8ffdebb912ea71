"""Each problem of a login has the output of the node as its cause, and a remedy."""

import pytest

from controller.logins import diagnosis, ssh_errors
from controller.logins.login_problem import LoginProblem
from controller.logins.probe import Answer, Python

OLDEST = (3, 8)
USED = "/usr/bin/python3"
GOOD = Python(USED, (3, 11), complete=True)
OTHER = Python("/opt/py/bin/python3", (3, 12), complete=True)
LOGIN = Answer(answered=True, user="admin", pythons=(GOOD,))

# By cause: what becoming root comes to, and words of the remedy.
ROOTLESS = {
    "requiretty": ("sudo: sorry, you must have a tty to run sudo", "Defaults:admin !requiretty"),
    "a password": ("sudo: a password is required", "admin ALL=(ALL) NOPASSWD: ALL"),
    "no rights": ("admin is not in the sudoers file.", "admin ALL=(ALL) NOPASSWD: ALL"),
    "too few rights": (
        "Sorry, user admin is not allowed to execute '/bin/sh' as root on w-1.",
        "admin ALL=(ALL) NOPASSWD: ALL",
    ),
    "no sudo": ("/bin/sh: 1: sudo: not found", "install sudo"),
    "no setuid": (
        "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set",
        "setuid root",
    ),
    "no new privileges": ('sudo: The "no new privileges" flag is set', "NoNewPrivileges"),
    "a locked account": ("sudo: account validation failure, is your account locked?", "unlock"),
    "invalid rules": ("sudo: unable to parse /etc/sudoers", "visudo --check"),
    "a nameserver that does not answer": (diagnosis.NO_ANSWER, "nameserver"),
    "a password prompt that Ansible ended": (diagnosis.PROMPT, "NOPASSWD"),
    "an unknown error": ("sudo: what now?", "sudo -l -U admin"),
}

SHELLS = {
    "nologin": ("This account is currently not available.", "usermod --shell /bin/sh"),
    "a profile that ends": ("", "that no profile exits"),
    "an expired password": ("Password change required but no TTY available.", "chage"),
}

# By cause: what ssh says at last, and words of the remedy.
SILENCES = {
    "another host key": (
        "@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@\nHost key verification failed.",
        "known_hosts",
    ),
    "an unknown host key": (
        "No ED25519 host key is known for a.\nHost key verification failed.",
        "known_hosts",
    ),
    "a missing key": ("admin@10.0.0.1: Permission denied (publickey).", "our public key"),
    "no sshd": ("ssh: connect to host 10.0.0.1 port 22: Connection refused", "start sshd"),
    "no machine there": ("ssh: connect to host 10.0.0.1 port 22: Connection timed out", "firewall"),
    "no route": ("ssh: connect to host 10.0.0.1 port 22: No route to host", "firewall"),
    "no name": (
        "ssh: Could not resolve hostname w-1: Name or service not known",
        "correct the node's address",
    ),
    "too many keys": ("Received disconnect: Too many authentication failures", "IdentitiesOnly"),
    "a key readable by all": ('Load key "/k": bad permissions', "mode 0600"),
    "an sshd that closes connections": (
        "kex_exchange_identification: Connection reset",
        "MaxStartups",
    ),
    "an account that has expired": (
        (
            "Your account has expired; please contact your system administrator.\n"
            "Connection closed by 10.0.0.1 port 22"
        ),
        "chage --expiredate",
    ),
    "a machine that boots": (
        (
            '"System is booting up. Unprivileged users are not permitted to log in yet."\n'
            "Connection closed by 10.0.0.1 port 22"
        ),
        "wait until the machine has booted",
    ),
    "no common algorithm": (
        "Unable to negotiate with 10.0.0.1: no matching host key type found.",
        "algorithm",
    ),
}

PYTHONS = {
    "none": ((), f"the node has no {USED}", "install Python 3.8 or later"),
    "another one alone": (
        (OTHER,),
        f"the node has no {USED}",
        (
            "MACHINECONFIG_PYTHON for the controller, by hand -e "
            "ansible_python_interpreter=/opt/py/bin/python3"
        ),
    ),
    "one that is too old": (
        (Python(USED, (3, 6), complete=True),),
        f"{USED} on the node is Python 3.6, but 3.8 or later is required",
        "install",
    ),
    "an old one, and a newer beside it": (
        (Python(USED, (3, 6), complete=True), OTHER),
        "3.8 or later is required",
        "/opt/py/bin/python3",
    ),
    "a minimal one": (
        (Python(USED, (3, 11)),),
        "Python 3.11 without its standard library",
        "install",
    ),
    "one that does not run": ((Python(USED),), f"{USED} does not run", "install"),
}


def diagnosed(
    answer: Answer = LOGIN, escalation: str = "", pythons: tuple[Python, ...] = (GOOD,)
) -> LoginProblem | None:
    whole = Answer(
        answer.answered, answer.user, answer.temporary, pythons=pythons, output=answer.output
    )
    return diagnosis.diagnose(whole, escalation, USED, OLDEST)


def test_a_working_login_has_no_problem() -> None:
    assert diagnosed() is None


@pytest.mark.parametrize(("words", "remedy"), ROOTLESS.values(), ids=ROOTLESS)
def test_a_user_that_cannot_become_root_has_a_cause_and_a_remedy(words: str, remedy: str) -> None:
    found = diagnosed(escalation=f"a banner\n{words}\n")

    assert found is not None
    assert found.cause == f"admin cannot become root on the node: {words}"
    assert remedy in found.remedy


@pytest.mark.parametrize(("words", "remedy"), SHELLS.values(), ids=SHELLS)
def test_a_shell_that_runs_no_command_has_a_cause_and_a_remedy(words: str, remedy: str) -> None:
    found = diagnosed(Answer(answered=False, user="admin", output=words))

    assert found is not None
    assert "the login shell of admin on the node runs no command" in found.cause
    assert words in found.cause
    assert remedy in found.remedy


@pytest.mark.parametrize(("pythons", "cause", "remedy"), PYTHONS.values(), ids=PYTHONS)
def test_a_python_that_cannot_run_the_modules_has_a_cause_and_a_remedy(
    pythons: tuple[Python, ...], cause: str, remedy: str
) -> None:
    found = diagnosed(pythons=pythons)

    assert found is not None
    assert cause in found.cause
    assert remedy in found.remedy


def test_a_full_temporary_folder_has_a_cause_and_a_remedy() -> None:
    words = "head: error writing: No space left on device"
    found = diagnosed(Answer(answered=True, user="admin", temporary=words))

    assert found == LoginProblem(
        f"no temporary file can be written on the node: {words}",
        "free space in /tmp or /var/tmp on the node, writable for all (mode 1777)",
    )


def test_the_output_of_a_profile_is_a_problem_only_if_it_hides_an_answer() -> None:
    noisy = Answer(answered=True, user="admin", output="{hello")

    hiding = diagnosis.hidden_answer(noisy)

    assert diagnosed(noisy) is None
    assert hiding is not None
    assert "prints text at each login: {hello" in hiding.cause
    assert diagnosis.hidden_answer(LOGIN) is None


@pytest.mark.parametrize("prefix", ["Failed to connect to the host via ssh: ", "Data … over ssh: "])
@pytest.mark.parametrize(("words", "remedy"), SILENCES.values(), ids=SILENCES)
def test_an_error_of_ssh_has_a_cause_and_a_remedy(words: str, remedy: str, prefix: str) -> None:
    found = ssh_errors.problem(f"{prefix}{words}")

    assert found is not None
    assert found.cause in words
    assert remedy in found.remedy


def test_an_unknown_error_of_ssh_is_reported_as_it_is() -> None:
    words = "Failed to connect to the host via ssh: no idea\nproxy gave up\n"

    assert ssh_errors.problem(words) is None
    assert ssh_errors.unknown_problem(words).cause == "proxy gave up"
    assert ssh_errors.unknown_problem("").cause
