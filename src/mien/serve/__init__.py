"""A small REST service over ``mien.inference``; needs the extra ``mien[serve]``."""
