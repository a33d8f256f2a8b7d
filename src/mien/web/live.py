"""A visitor's camera: frames one by one, as they come."""

import base64
from dataclasses import replace
from time import monotonic

import numpy as np
from markupsafe import Markup

from mien.faces.detect import Detections
from mien.faces.track import Tracker
from mien.inference.analyzer import Analyzer
from mien.inference.draw import draw_faces
from mien.inference.results import Faces
from mien.inference.smooth import Smoother
from mien.preprocessing import Image
from mien.web.answer import TEMPLATES
from mien.web.cards import cards_html
from mien.web.photo import jpeg

SMOOTH_S = 0.3  # values that flicker cannot be read
CARDS = 3  # beside the picture
JPEG_QUALITY = 80


class Live:
    """One camera's people, each with a number that stays and values smoothed over 0.3 s."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._tracker, self._smooth = Tracker(), Smoother(SMOOTH_S)
        self._begun = monotonic()

    def faces(self, image: Image) -> Faces:
        """The people in the camera's next frame, in the order of their numbers."""
        now = monotonic() - self._begun
        found = self._analyzer.image(image)
        tracks = self._tracker.update(now, image, Detections(found.xyxy, found.score, found.landmarks))
        timed = replace(found, track_id=tracks, time_s=np.full(len(found), now), index=(0, now))
        return self._smooth(timed)[np.argsort(tracks)]

    def html(self, image: Image) -> str:
        """The frame with its faces drawn in, and their cards; nothing of it is written to a disk."""
        faces = self.faces(image)
        picture = base64.b64encode(jpeg(draw_faces(image, faces), JPEG_QUALITY)).decode()
        cards = Markup(cards_html(faces, CARDS))  # our own template's, escaped there
        return TEMPLATES.get_template("live.html").render(picture=picture, seen=len(faces), cards=cards)
