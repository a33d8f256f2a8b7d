"""Numbers from a table of analysed faces: time series, peaks, synchrony, groups. Numpy and pandas only."""
