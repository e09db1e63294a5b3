"""What the hostile programs share: each deed is tried, and those that succeed are printed, one a line."""


class Deeds:
    def __init__(self):
        self.done = []

    def attempt(self, name, deed):
        """Counts as done unless it fails, or returns something false."""
        try:
            if deed():
                self.done.append(name)
        except (OSError, ValueError, OverflowError):
            pass

    def tell(self):
        for name in self.done:
            print(name, flush=True)
