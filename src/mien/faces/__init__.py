"""Find faces in pictures, follow them through a video, and say how well they can be seen."""
