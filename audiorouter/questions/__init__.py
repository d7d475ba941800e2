"""Questions: what is asked of which clip, with the choices and, if known, the right answers.

`files` reads rows of any file, also of a data set of the hub (`hub_datasets`). `column_names` knows
what people call columns, and `columns` which is which; `clip_names` and `remote_clips` where clips
are. Of a row `choices` are read, from `cells` and what they hold (`cell_values`), and by
`choice_labels` without the letters before them; which of them the right answer names is told by
`answers`, from `answer_texts`, `choice_matches`, `choice_words` and how the column counts
(`answer_counting`). `read` puts it together, and `reading` says how it was read.
"""

from audiorouter.questions.layout import Layout
from audiorouter.questions.question import Question, QuestionSet
from audiorouter.questions.read import open_questions, read_questions

__all__ = ["Layout", "Question", "QuestionSet", "open_questions", "read_questions"]
