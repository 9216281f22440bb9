import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clienteling.settings")

application = get_wsgi_application()

# What the loaded application is made of lives as long as the process: the collector need not look at it again and
# again in the middle of somebody's request.
gc.collect()
gc.freeze()
