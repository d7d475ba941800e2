"""Questions: what is asked of which clip, with the choices and, if known, the right answers.

`files` knows the syntax of files, `columns`, `choices`, `answers` and `cells` what rows may look
like, `clip_names` where clips are, and `read` puts them together.
"""

from audiorouter.questions.layout import Layout
from audiorouter.questions.question import Question, QuestionSet
from audiorouter.questions.read import open_questions, read_questions

__all__ = ["Layout", "Question", "QuestionSet", "open_questions", "read_questions"]
