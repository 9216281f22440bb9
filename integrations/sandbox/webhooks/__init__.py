"""The stand-ins' outgoing webhooks: who listens, what is still to be told, and the telling of it.

A change leaves a note (by trigger, so that no way of changing is forgotten); before the transaction commits, the
vendor turns its notes into events, and every registration that wants one gets a delivery in the outbox. Whatever
kills the process, either both the change and its deliveries are there, or neither is.
"""
