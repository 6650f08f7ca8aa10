"""The bookkeeper's page: what a person sees and does in the sandbox's books with a browser."""
