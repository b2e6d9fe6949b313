"""The registry of diagnostic codes.

A number is never reused. NB0xx is about the notebook and its settings, NB1xx tags, NB2xx data
flow, NB3xx the graph of steps, NB4xx backends, NB5xx running, NB6xx verifying. Every code has a page of the same
name under `nb2pipe/diagnostics/pages/`, which `nb2pipe explain` prints and the docs show.
"""

from enum import Enum, StrEnum


class Severity(StrEnum):
    """How serious a diagnostic is, the worst first; only errors stop a compilation."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"

    def is_lower_than(self, other: "Severity") -> bool:
        """Whether `other` is more serious."""
        order = list(Severity)
        return order.index(self) > order.index(other)


class Standing(Enum):
    """Whether a code may be ignored or made less severe, and why.

    `firm_from` is the severity from which on it may not; None when it always may.
    """

    ADVICE = (None, "the pipeline is made all the same")
    LOUD = (None, "a run stops there with an error in any case")
    NEEDED = (Severity.ERROR, "no pipeline can be made before it is repaired")
    PROMISE = (Severity.HINT, "the pipeline could silently give another result than the notebook")
    EVENT = (Severity.HINT, "it tells of something that has failed already")

    def __init__(self, firm_from: Severity | None, reason: str) -> None:
        self.firm_from = firm_from
        self.reason = reason


_STANDING_OF_ERRORS = {
    "NB0": Standing.NEEDED,
    "NB1": Standing.NEEDED,
    "NB2": Standing.PROMISE,
    "NB3": Standing.NEEDED,
    "NB4": Standing.NEEDED,
    "NB5": Standing.EVENT,
    "NB6": Standing.EVENT,
}


class Code(Enum):
    """A kind of diagnostic: its number, its usual severity and a title.

    A fourth value is its standing, if it is not that of its family's errors. Only errors that cannot
    lead to a wrong result may be ignored.
    """

    # --- notebook and settings
    UNREADABLE = ("NB001", Severity.ERROR, "the notebook cannot be read")
    NOT_JSON = ("NB002", Severity.ERROR, "the notebook is not valid JSON")
    NOT_A_NOTEBOOK = ("NB003", Severity.ERROR, "the file is not a notebook")
    UNSUPPORTED_FORMAT = ("NB004", Severity.ERROR, "the notebook's format version is not supported")
    OTHER_KERNEL = ("NB005", Severity.ERROR, "the notebook's kernel is not Python")
    NO_CODE = ("NB006", Severity.ERROR, "the notebook has no code")
    TEXT_NOTEBOOK = ("NB007", Severity.ERROR, "a text notebook needs jupytext")
    BAD_SETTING = ("NB008", Severity.ERROR, "a setting has a wrong value")
    UNKNOWN_SETTING = ("NB009", Severity.WARNING, "a setting is not known")
    KALE_SETTING = ("NB010", Severity.HINT, "a Kale setting has no meaning here")
    BAD_INCLUDE = ("NB011", Severity.ERROR, "an included notebook cannot be used")
    BAD_RULES = ("NB012", Severity.ERROR, "a rule file is wrong")
    BAD_IGNORE = ("NB013", Severity.WARNING, "an ignore comment cannot be understood")
    FIRM_CODE = ("NB014", Severity.WARNING, "a diagnostic cannot be ignored")
    UNUSED_IGNORE = ("NB015", Severity.HINT, "an ignore comment ignores nothing")

    # --- tags
    UNKNOWN_TAG = ("NB101", Severity.ERROR, "a tag is misspelt or not known")
    BAD_TAG_VALUE = ("NB102", Severity.ERROR, "a tag's value is wrong")
    BAD_STEP_NAME = ("NB103", Severity.ERROR, "a step name is not allowed")
    CONFLICTING_TAGS = ("NB104", Severity.ERROR, "tags of a cell contradict each other")
    UNKNOWN_STEP = ("NB105", Severity.ERROR, "a tag names a step that does not exist")
    SELF_DEPENDENCY = ("NB106", Severity.ERROR, "a step is declared to come after itself")
    CONFLICTING_OPTIONS = ("NB107", Severity.ERROR, "cells of a step ask for different things")
    TAG_WITHOUT_EFFECT = ("NB109", Severity.WARNING, "a tag has no effect where it stands")
    NO_STEPS = ("NB110", Severity.HINT, "the notebook has no step tags")
    NOT_A_PARAMETER = ("NB111", Severity.HINT, "a statement of a parameter cell is no parameter")
    BAD_PARAMETER = ("NB112", Severity.ERROR, "a parameter's default cannot be a parameter")
    UNKNOWN_NAME_IN_TAG = ("NB113", Severity.ERROR, "a tag names a variable that does not exist")

    # --- data flow
    SYNTAX_ERROR = ("NB201", Severity.ERROR, "a cell is not valid Python")
    OPAQUE_MAGIC = ("NB202", Severity.WARNING, "a magic cannot be analysed")
    UNDEFINED_NAME = (
        "NB203",
        Severity.ERROR,
        "a variable is used before it is defined",
        Standing.LOUD,
    )
    SHADOWED_NAME = ("NB205", Severity.HINT, "steps that run side by side define the same name")
    UNSTORABLE = ("NB206", Severity.ERROR, "a value that cannot be stored crosses steps")
    DYNAMIC_NAMESPACE = ("NB207", Severity.WARNING, "code reaches variables in a hidden way")
    OUTPUT_HISTORY = ("NB208", Severity.ERROR, "the output history crosses steps")
    RANDOM_STATE = ("NB209", Severity.HINT, "global random state ties steps together")
    FILE_CROSSES = ("NB210", Severity.HINT, "a file travels between steps")
    HIDDEN_FILE = (
        "NB211",
        Severity.HINT,
        "a file of unknown name is read after others were written",
    )
    STATEFUL_FUNCTION = ("NB212", Severity.ERROR, "a function that keeps state crosses steps")
    VIEW_CROSSES = ("NB213", Severity.ERROR, "values that share memory cross steps")
    CAUTIOUS_EDGE = ("NB214", Severity.HINT, "caution ties steps together")
    INTERACTIVE = ("NB215", Severity.ERROR, "a cell waits for input", Standing.LOUD)
    NAME_REUSED = ("NB216", Severity.ERROR, "a step needs two values of one name at once")
    LOST_OPTION_CHANGE = ("NB217", Severity.ERROR, "a change of options stays in its step")
    KEPT_FIGURES = ("NB218", Severity.ERROR, "figures stay open between steps")
    VARIABLES_LISTED = ("NB219", Severity.ERROR, "the variables of a step are listed")
    KERNEL_NEEDED = ("NB220", Severity.ERROR, "a magic asks the kernel of the notebook")
    UNFILLED = ("NB221", Severity.ERROR, "an array is shown that was never filled")

    # --- the graph
    CYCLE = ("NB301", Severity.ERROR, "steps need each other")
    EMPTY_STEP = ("NB302", Severity.WARNING, "a step has nothing to run")
    UNUSED_STEP = ("NB303", Severity.HINT, "a step is connected to no other")

    # --- backends
    SPEC_TOO_LARGE = ("NB401", Severity.WARNING, "the pipeline is larger than its backend allows")
    UNKNOWN_IMAGE = ("NB402", Severity.WARNING, "no container image is set")
    OPTION_LOST = ("NB403", Severity.WARNING, "a target cannot express an option")
    UNKNOWN_TARGET = ("NB404", Severity.ERROR, "there is no such target")
    PARAMETER_TOO_LONG = ("NB405", Severity.WARNING, "a parameter's default is too long")

    # --- running
    STEP_FAILED = ("NB501", Severity.ERROR, "a step failed")
    UNKNOWN_PARAMETER = ("NB502", Severity.ERROR, "there is no such parameter")
    BAD_PARAMETER_VALUE = ("NB503", Severity.ERROR, "a parameter's value has the wrong type")
    CANNOT_STORE = ("NB504", Severity.ERROR, "a step cannot store a value")
    BROKEN_ARTIFACT = ("NB505", Severity.ERROR, "a stored value cannot be read back")
    STEP_KILLED = ("NB506", Severity.ERROR, "a step's process was ended from outside")
    UNDECLARED_CHANGE = ("NB508", Severity.ERROR, "a cell changed a variable unnoticed")
    HIDDEN_CHANGE = ("NB509", Severity.ERROR, "a cell changed hidden state unnoticed")
    LOST_IN_STORAGE = ("NB510", Severity.ERROR, "a value is not the same when it is loaded again")
    NO_SUCH_STEP = ("NB514", Severity.ERROR, "there is no such step")
    NO_SUCH_RUN = ("NB511", Severity.ERROR, "there is no such run")
    NO_SUCH_RUN_STEP = ("NB512", Severity.ERROR, "a run has no such step")
    NO_STATE = ("NB513", Severity.ERROR, "the state of a step cannot be restored")
    NO_SUCH_VARIABLE = ("NB515", Severity.ERROR, "a step has stored no such variable")
    CANNOT_EXPORT = ("NB516", Severity.ERROR, "a variable cannot be exported as it is")
    STORE_UNUSABLE = ("NB517", Severity.WARNING, "a store that is shared cannot be used")
    TIMED_OUT = ("NB518", Severity.ERROR, "a step took longer than it may")
    NOT_TRIED_AGAIN = ("NB519", Severity.WARNING, "a step cannot be tried again")
    CANNOT_WRITE = ("NB507", Severity.ERROR, "a file cannot be written")

    # --- verifying
    CANNOT_RUN_WHOLE = ("NB601", Severity.ERROR, "the notebook cannot be run whole")

    def __init__(
        self, number: str, severity: Severity, title: str, standing: Standing | None = None
    ) -> None:
        self.number = number
        self.severity = severity
        self.title = title
        of_family = Standing.ADVICE
        if severity is Severity.ERROR:
            of_family = _STANDING_OF_ERRORS[number[:3]]
        self.standing = standing or of_family

    @property
    def found_by_check(self) -> bool:
        """Whether reading and analysing a notebook shows it; the others need a target or a run."""
        return self.number < "NB400"

    @classmethod
    def of(cls, number: str) -> "Code":
        """Return the code of a number such as `NB203`, in any case.

        Raises:
            KeyError: there is no such code.
        """
        for code in cls:
            if code.number == number.upper():
                return code
        raise KeyError(number)
