"""The one error of the cluster port, so that a pass depends on no client."""


class ClusterError(Exception):
    """The API server could not be reached, or it refused a request.

    `remedy` is empty where the cause is transient.
    """

    def __init__(self, cause: str, remedy: str = "") -> None:
        super().__init__(f"{cause} ({remedy})" if remedy else cause)
        self.cause = cause
        self.remedy = remedy
