"""The HTTP application: web chat and health; the only home of starlette and uvicorn, and no business rule."""
