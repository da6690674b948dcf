"""What tests of a phone's life share: devices, acts, and what they answer."""

from __future__ import annotations

from phones.models import Phone, PhoneModel
from tests.confirming import confirm_act
from users.models import SipAccount

IN_USE = "This MAC address is already in use. If it isn’t one of your phones, contact support."


def device(mac: str, name: str = "Snom D785") -> dict[str, object]:
    """Return what is entered of a device, whatever make its MAC address suggests."""
    model = PhoneModel.objects.get(name=name).pk
    return {"mac": mac, "model": model, "despite": f"yealink-{model}"}


def errors(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def act(client, phone: Phone, name: str, headers=None, **answers):
    """Read what an act on a phone means, and confirm it."""
    return confirm_act(client, f"/phones/{phone.pk}/{name}/", headers, **answers)


def sip_username(user) -> str:
    return SipAccount.objects.get(user=user).username
