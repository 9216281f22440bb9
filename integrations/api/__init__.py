"""The API for other systems, `/api/v1/`: the same querysets, rules and actions as the pages.

Each module holds its serializers, its endpoints and its own `urlpatterns`. Who may do what is asked of
`clienteling/permissions.py`; nothing here decides it.
"""
