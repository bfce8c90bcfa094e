"""Where ids begin, and what tables and addresses are called."""

SCHEMA = "marketo"
SITE = "https://www.meridia-cloud.example"
FIRST_LEAD, FIRST_PROGRAM, FIRST_EMAIL, FIRST_CAMPAIGN = 1_000, 1_000, 3_000, 5_000
