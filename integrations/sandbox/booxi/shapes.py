"""Rows as the JSON objects of section 7. Money is a decimal string, instants are RFC 3339 in UTC."""

import json
import sqlite3
from typing import Any

from integrations.sandbox.times import MINUTE, to_rfc3339

Json = dict[str, Any]


def merchant(row: sqlite3.Row) -> Json:
    profile: Json = json.loads(row["profile"])
    return profile | {
        "id": row["id"],
        "name": row["name"],
        "isAvailableOnline": bool(row["is_online"]),
        "storeNumber": row["store_number"],
        "groupId": row["group_id"],
        "apiKey": row["api_key"],
        "currency": row["currency"],
        "timeZone": row["time_zone"],
        "defaultLanguage": row["language"],
    }


def staff_short(row: sqlite3.Row) -> Json:
    return {
        "id": row["id"],
        "name": f"{row['first_name']} {row['last_name']}".strip(),
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "position": row["position"],
        "biography": "",
        "profileImageUrl": "",
        "timeSelectionMode": "ServiceTimeSelection",
    }


def staff(row: sqlite3.Row) -> Json:
    return staff_short(row) | {
        "mobilePhone": row["mobile_phone"] or "",
        "workPhone": "",
        "communicationEmail": row["login_email"],
        "loginEmail": row["login_email"],
        "userRole": row["user_role"],
        "invitationStatus": "Accepted",
        "language": "eng",
        "personnelType": "User",
        "status": row["status"],
        "createdOn": to_rfc3339(row["created_on"]),
        "modifiedOn": to_rfc3339(row["modified_on"]),
        "isTemplate": False,
    }


def price(amount: str, *, currency: str) -> Json:
    return {"visibility": "Show", "amount": amount, "currency": currency, "isStartingAt": False, "tax": "Included"}


def service_short(row: sqlite3.Row) -> Json:
    return {
        "id": row["id"],
        "merchantId": row["merchant_id"],
        "name": row["name"],
        "tags": row["tags"],
        "duration": row["duration"],
        "showDuration": True,
        "hasDurationCustomization": False,
        "bookingMethod": row["booking_method"],
        "location": "Business",
        "price": price(row["amount"], currency=row["currency"]),
        "hasPriceCustomization": False,
        "categoryId": row["category_id"],
        "categoryName": row["category_name"],
        "description": row["description"],
        "profileImageUrl": "",
        "staffSelectionMode": row["staff_selection_mode"],
        "timeSelectionMode": row["time_selection_mode"],
        "maxReservationSize": row["max_reservation_size"],
        "metadata": {},
        "surveyModel": None,
    }


def service(row: sqlite3.Row) -> Json:
    return service_short(row) | {
        "isSurveyRequired": False,
        "surveyType": "None",
        "status": row["status"],
        "serviceTemplateId": row["template_id"],
        "isTemplate": False,
        "createdOn": to_rfc3339(row["created_on"]),
        "modifiedOn": to_rfc3339(row["modified_on"]),
        "spacingAfter": row["spacing_after"],
        "isBusySpacingAfter": bool(row["is_busy_spacing_after"]),
    }


def category_short(row: sqlite3.Row) -> Json:
    return {"id": row["id"], "name": row["name"], "description": row["description"], "profileImageUrl": ""}


def category(row: sqlite3.Row) -> Json:
    return category_short(row) | {"merchantId": row["merchant_id"], "isTemplate": False}


def client(row: sqlite3.Row) -> Json:
    return {
        "id": row["id"],
        "membershipNumber": row["membership_number"],
        "merchantId": row["merchant_id"],
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "language": row["language"],
        "email": row["email"],
        "homePhoneNumber": row["home_phone"],
        "mobilePhoneNumber": row["mobile_phone"],
        "remindBySMS": bool(row["remind_by_sms"]),
        "remindByEmail": bool(row["remind_by_email"]),
        "inMailingList": bool(row["in_mailing_list"]),
        "dateOfBirth": json.loads(row["date_of_birth"]),
        "address": json.loads(row["address"]),
        "gender": row["gender"],
        "status": row["status"],
        "quickNote": row["quick_note"],
        "createdOn": to_rfc3339(row["created_on"]),
        "modifiedOn": to_rfc3339(row["modified_on"]),
        "metadata": json.loads(row["metadata"]),
    }


def module_link(row: sqlite3.Row) -> Json:
    return {
        f"{row['owner_kind']}Id": row["owner_id"],
        "moduleId": row["module_id"],
        "externalId": row["external_id"],
        "metadata": json.loads(row["metadata"]),
        "createdOn": to_rfc3339(row["created_on"]),
        "modifiedOn": to_rfc3339(row["modified_on"]),
    }


def timespan(start: int, end: int) -> Json:
    return {"start": to_rfc3339(start), "end": to_rfc3339(end), "duration": (end - start) // MINUTE}


def schedule(row: sqlite3.Row) -> Json:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": "",
        "start": to_rfc3339(row["starts_on"]) if row["starts_on"] is not None else None,
        "end": to_rfc3339(row["ends_on"]) if row["ends_on"] is not None else None,
        "weeklyHours": json.loads(row["weekly_hours"]),
    }


def time_slot(row: sqlite3.Row) -> Json:
    return {
        "id": row["id"],
        "merchantId": row["merchant_id"],
        "ownerType": "Staff",
        "staffId": row["staff_id"],
        "type": row["type"],
        "start": to_rfc3339(row["starts_at"]),
        "end": to_rfc3339(row["ends_at"]),
        "canModify": bool(row["can_modify"]),
        "description": row["description"],
        "label": row["label"],
        "availabilityTags": row["availability_tags"],
    }


def group_event(row: sqlite3.Row) -> Json:
    """From a row of `group_events.SELECT`, which joins staff, service, category and the attendance."""
    return {
        "id": row["id"],
        "start": to_rfc3339(row["starts_at"]),
        "duration": (row["ends_at"] - row["starts_at"]) // MINUTE,
        "price": price(row["amount"], currency=row["currency"]),
        "location": "Business",
        "staffId": row["staff_id"],
        "staffName": f"{row['first_name']} {row['last_name']}".strip(),
        "staffFirstName": row["first_name"],
        "staffLastName": row["last_name"],
        "serviceId": row["service_id"],
        "serviceName": row["service_name"],
        "serviceCategoryId": row["category_id"],
        "serviceCategoryName": row["category_name"],
        "attendeeCount": row["attendee_count"],
        "attendeeCapacity": row["capacity"],
        "isCompleted": bool(row["is_completed"]),
        "onlineBookingAllowedFrom": to_rfc3339(row["created_on"]),
        "onlineBookingAllowedUntil": to_rfc3339(row["starts_at"]),
        "createdOn": to_rfc3339(row["created_on"]),
        "metadata": {},
    }
