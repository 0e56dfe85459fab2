"""Intake: the app that takes leads and does nothing else; importing this builds nothing."""

import azure.functions as func

from leadshare.intake.functions import blueprint
from leadshare.telemetry import logs

logs.install()
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(blueprint)
