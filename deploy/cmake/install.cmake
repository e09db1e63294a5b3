# (rules follow)
