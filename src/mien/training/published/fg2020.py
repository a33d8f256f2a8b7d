"""Deng, Chen & Shi 2020, arXiv 2002.03557: a teacher, its students, their ensemble; what could be read of the table."""

from mien.training.published.base import Figure, Published

UNITS = "affwild2_units"

FG2020_STUDENTS = Published(
    name="fg2020_students",
    title="Deng et al.: teacher, student and ensemble on Aff-Wild2's validation videos",
    source="Deng, Chen & Shi, arXiv 2002.03557",
    networks={"ResNet-50": ()},
    figures={
        "ResNet-50": (
            Figure("teacher", UNITS, "au", "f1", 20.9),
            Figure("student", UNITS, "au", "f1", 24.3),
            Figure("teacher_student", UNITS, "au", "f1", 31.58),
            Figure("teacher", UNITS, "au", "accuracy", None),
            Figure("student", UNITS, "au", "accuracy", None),
            Figure("teacher_student", UNITS, "au", "accuracy", 93.62),
            *(
                Figure(method, database, task, metric, None)
                for database, task, metric in (
                    ("affwild2_expression", "expression", "macro_f1"),
                    ("affwild2_expression", "expression", "accuracy"),
                    ("affwild2_va", "va", "ccc"),
                )
                for method in ("teacher", "student", "teacher_student")
            ),
        )
    },
    pretrain="sjmt_pretrain",
    differs=(
        "networks start from FER2013's expressions, not from a network of face recognition",
        "the paper's teacher and student have thresholds of 0.5, and its ensemble such as fit the very videos it is "
        "tested on; ours are all chosen on a tenth of the training videos",
        "of the paper's two students the better one is printed; ours is the first",
        "the paper keeps a tenth of the neutral and half of the happy and sad faces; ours draws classes equally often",
        "the videos are those of the year you have: later years of Aff-Wild2 added some and divided them anew",
    ),
)
