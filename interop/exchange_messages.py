"""Mail as Exchange Online hands it to an outbound connector: the fields that it stamps, and the kinds of mail that it sends.

The order, the case and the folds of the fields are those of messages in public list archives; their values are made up.
"""
TENANT, ORGANISATION = "3f0c9d1e-7a44-4b52-9a1e-0c5d2b6f7e81", "clinic.example"
ANN, BOB = "ann@clinic.example", "bob@good.example"
KEY_NAME, KEY = "X-Clinic-Key", "present-value-0123456789"
AUTHORITY = "DM6PR11MB3531.namprd11.prod.outlook.com"

ARC = (b"ARC-Seal: i=1; a=rsa-sha256; s=arcselector10001; d=microsoft.com; cv=none;\r\n b=Wg4Q0pQ7b0mQ3n2x9rYkz8Xo2YQ1yJb0Uq5vKp4tZs7wE6hT1cR3uI8oL9aM2dF5\r\n"
       b" gH7jK==\r\n"
       b"ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=microsoft.com;\r\n s=arcselector10001;\r\n"
       b" h=From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-AntiSpam-MessageData-ChunkCount:X-MS-Exchange-AntiSpam-MessageData-0"
       b":X-MS-Exchange-AntiSpam-MessageData-1;\r\n bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=AbCd\r\n"
       b"ARC-Authentication-Results: i=1; mx.microsoft.com 1; spf=pass\r\n smtp.mailfrom=clinic.example; dmarc=pass action=none header.from=clinic.example;\r\n"
       b" dkim=pass header.d=clinic.example; arc=none\r\n")
DKIM = (b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=clinic.onmicrosoft.com;\r\n s=selector1-clinic-onmicrosoft-com;\r\n"
        b" h=From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-SenderADCheck;\r\n bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=; b=QmFy\r\n")
RECEIVED = (b"Received: from " + AUTHORITY.encode() + b" (2603:10b6:5:1bd::14) by\r\n SJ0PR11MB5085.namprd11.prod.outlook.com (2603:10b6:a03:2db::15) with\r\n"
            b" Microsoft SMTP Server (version=TLS1_2,\r\n cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8158.24; Sat, 28 Nov\r\n 2026 07:54:40 +0000\r\n")
# A long field of encoded words, a fold behind the name, a space before the fold, a line of 998 octets: all of it must arrive as it is.
ANTISPAM = (b"X-Forefront-Antispam-Report:\r\n\tCIP:255.255.255.255;CTRY:;LANG:en;SCL:1;SRV:;IPV:NLI;SFV:NSPM;H:" + AUTHORITY.encode() + b";PTR:;CAT:NONE;\r\n\tDIR:OUT;SFP:1102;\r\n"
            b"X-MS-Exchange-AntiSpam-MessageData-ChunkCount: 1\r\n"
            b"X-MS-Exchange-AntiSpam-MessageData-0:\r\n =?us-ascii?Q?uRG1GeCpVAQPngKGCEfpWJQxN+ZmPPpu52uLig0C/o9R0DE41JbPg0g/HBF0?=\r\n"
            b" =?us-ascii?Q?AzRH5B3Ft76n9NayldmI21YFb/hivz5ip2gEcwQB?=\r\n"
            b"X-Microsoft-Antispam-Message-Info:\r\n\t" + b"q8" * 480 + b"\r\n")


def stamped(tenant=TENANT, organisation=ORGANISATION, entity="Hosted", auth_as="Internal"):
    """What says whose mail it is: at the end of the header, where Exchange writes it."""
    return ("X-MS-Exchange-CrossTenant-AuthAs: " + auth_as + "\r\nX-MS-Exchange-CrossTenant-AuthSource: " + AUTHORITY + "\r\n"
            "X-MS-Exchange-CrossTenant-Network-Message-Id: 407e2496-f15b-42e9-a648-08dbaac0b28f\r\n"
            "X-MS-Exchange-CrossTenant-originalarrivaltime: 28 Nov 2026 07:54:40.9250 (UTC)\r\n"
            "X-MS-Exchange-CrossTenant-fromentityheader: " + entity + "\r\nX-MS-Exchange-CrossTenant-id: " + tenant + "\r\n"
            "X-MS-Exchange-CrossTenant-mailboxtype: HOSTED\r\n"
            "X-MS-Exchange-CrossTenant-userprincipalname: X7WY/cpo9dFZJMces2wdHefXXg+y7H8iLSoU7K1rwGvr9b0yKxS06vp5zW0cjzNw==\r\n"
            "X-MS-Exchange-Transport-CrossTenantHeadersStamped: SJ0PR11MB5085\r\nX-OriginatorOrg: " + organisation + "\r\n").encode()


def rule_s(key=KEY):
    """The field that the tenant's own transport rule sets, and that the gateway cuts."""
    return f"{KEY_NAME}: {key}\r\n".encode()


def message(name, content, sender=ANN, to=BOB, subject=None, more=b"", identity=None, key=KEY):
    head = (f"From: Ann Lee <{sender}>\r\nTo: \"{to}\" <{to}>\r\nSubject: {subject or name}\r\nThread-Topic: {subject or name}\r\n"
            f"Thread-Index: AQHZ3KkL2xU3rS1p4UWm0xQvR8o7QQ==\r\nDate: Sat, 28 Nov 2026 07:54:40 +0000\r\n"
            f"Message-ID: <{name.replace(' ', '-')}@{AUTHORITY}>\r\nAccept-Language: en-US\r\nContent-Language: en-US\r\n"
            "X-MS-Has-Attach:\r\nX-MS-TNEF-Correlator:\r\nx-ms-publictraffictype: Email\r\n"
            "x-ms-traffictypediagnostic: DM6PR11MB3531:EE_|SJ0PR11MB5085:EE_\r\n").encode()
    return RECEIVED + ARC + DKIM + head + ANTISPAM + more + (rule_s(key) if key else b"") + b"MIME-Version: 1.0\r\n" + (
        stamped() if identity is None else identity) + content


PLAIN = b"Content-Type: text/plain; charset=\"us-ascii\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSee you at noon.=20\r\n.\r\n..dots\r\n"
ALTERNATIVE = (b"Content-Type: multipart/alternative;\r\n\tboundary=\"_000_DM6PR11MB3531_\"\r\n\r\n--_000_DM6PR11MB3531_\r\n" + PLAIN + b"\r\n--_000_DM6PR11MB3531_\r\n"
               b"Content-Type: text/html; charset=\"us-ascii\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body>See you=20=\r\nat noon.</body></html>\r\n"
               b"\r\n--_000_DM6PR11MB3531_--\r\n")
CALENDAR = (b"Content-Type: multipart/alternative; boundary=\"_cal_\"\r\n\r\n--_cal_\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\r\n\r\n--_cal_\r\n"
            b"Content-Type: text/calendar; charset=\"utf-8\"; method=REQUEST\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            b"QkVHSU46VkNBTEVOREFSDQpNRVRIT0Q6UkVRVUVTVA0KRU5EOlZDQUxFTkRBUg0K\r\n--_cal_--\r\n")
TNEF = (b"Content-Type: multipart/mixed; boundary=\"_tnef_\"\r\n\r\n--_tnef_\r\nContent-Type: text/plain; charset=\"us-ascii\"\r\n\r\nSee below.\r\n--_tnef_\r\n"
        b"Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\nContent-Disposition: attachment; filename=\"winmail.dat\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"eJ8+IgAAAQaQCAAEAAAAAAABAAEAAQeQBgAIAAAA5AQAAAAAAADoAA==\r\n--_tnef_--\r\n")
EIGHT_BIT = "Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße – 漢字\r\n".encode()
LARGE = (b"Content-Type: multipart/mixed; boundary=\"_l_\"\r\n\r\n--_l_\r\nContent-Type: text/plain\r\n\r\nSee the scan.\r\n--_l_\r\nContent-Type: application/octet-stream; name=\"scan.bin\"\r\n"
         b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg==\r\n" * 9000 + b"--_l_--\r\n")

KINDS = {name: message(name, content) for name, content in [
    ("plain", PLAIN), ("alternative", ALTERNATIVE), ("meeting", CALENDAR), ("tnef", TNEF), ("eight bit", EIGHT_BIT), ("large", LARGE)]}


def report(name, fields, parts):
    """What Exchange sends with the null sender: From is the tenant's, and its rule applies as to all mail that leaves."""
    return message(name, parts, sender="postmaster@clinic.example", more=fields)


NDR = report("Undeliverable", b"Auto-Submitted: auto-replied\r\nX-MS-Exchange-Message-Is-Ndr:\r\nIn-Reply-To: <1@good.example>\r\n",
             b"Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"_ndr_\"\r\n\r\n--_ndr_\r\nContent-Type: text/plain\r\n\r\n"
             b"Your message to nobody@clinic.example couldn't be delivered.\r\n--_ndr_\r\nContent-Type: message/delivery-status\r\n\r\n"
             b"Reporting-MTA: dns;" + AUTHORITY.encode() + b"\r\nArrival-Date: Sat, 28 Nov 2026 07:54:40 +0000\r\n\r\nFinal-Recipient: rfc822;nobody@clinic.example\r\n"
             b"Action: failed\r\nStatus: 5.1.10\r\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\r\n\r\n--_ndr_--\r\n")
OUT_OF_OFFICE = report("Automatic reply", b"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nX-MS-Exchange-Inbox-Rules-Loop: ann@clinic.example\r\n", PLAIN)
READ_RECEIPT = report("Read", b"In-Reply-To: <1@good.example>\r\n",
                      b"Content-Type: multipart/report; report-type=disposition-notification; boundary=\"_mdn_\"\r\n\r\n--_mdn_\r\nContent-Type: text/plain\r\n\r\nIt was read.\r\n"
                      b"--_mdn_\r\nContent-Type: message/disposition-notification\r\n\r\nReporting-UA: clinic.example; Microsoft Exchange\r\n"
                      b"Final-Recipient: rfc822;ann@clinic.example\r\nDisposition: automatic-action/MDN-sent-automatically; displayed\r\n\r\n--_mdn_--\r\n")
REPORTS = {"NDR": NDR, "out of office": OUT_OF_OFFICE, "read receipt": READ_RECEIPT}
INTERNATIONAL = message("international", EIGHT_BIT, sender="ann@clinic.example", to="jürgen@good.example", subject="Grüße")
