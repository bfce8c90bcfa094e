"""Who may sign in to Superset in the demo: one person a role, out of the company's own people."""

from dataclasses import dataclass

from orchestration.query import ask
from orchestration.release import Release
from orchestration.secrets import Secrets, load_or_create
from orchestration.settings import Settings

ROLES = ("executive", "manager", "rep", "analyst")
# The busiest of each kind, so that their dashboards have something on them.
PEOPLE = """
with deals as (
    select sales_rep_key, count(*) as deal_count
    from marts.fct_opportunities
    where is_open
    group by sales_rep_key
),
reps as (
    select rep_username, rep_name, manager_name, manager_username, sum(deal_count) as deal_count
    from marts.dim_sales_reps
    inner join deals using (sales_rep_key)
    where rep_username is not null and manager_username is not null
    group by rep_username, rep_name, manager_name, manager_username
),
rep as (
    select rep_username, rep_name
    from reps
    order by deal_count desc, rep_username
    limit 1
),
manager as (
    select manager_username, manager_name
    from reps
    group by manager_username, manager_name
    order by sum(deal_count) desc, manager_username
    limit 1
)
select 'rep', rep_username, rep_name from rep
union all
select 'manager', manager_username, manager_name from manager
"""


@dataclass(frozen=True)
class Login:
    role: str
    username: str
    name: str


def read_secrets(settings: Settings) -> Secrets:
    """This data directory's secrets, made at the first call."""
    return load_or_create(settings.paths.secrets, roles=ROLES)


def logins(release: Release) -> list[Login]:
    """A rep and a manager of the data, who see their own rows, an executive and an analyst."""
    people = [Login(role, username, name) for role, username, name in ask(release, PEOPLE).rows]
    return [
        Login("executive", "executive@revlake.local", "Demo Executive"),
        *people,
        Login("analyst", "analyst@revlake.local", "Demo Analyst"),
    ]
