"""What advertising cost: the marts against what both platforms say, restated days included."""

from pathlib import Path

from tests.contracts.company_sandbox import Lake, company_sandbox
from tests.integration.dbt_release import LandedLake, Release

DAY = 86_400
SOURCES = ("google_ads", "linkedin_ads")
GROUP_OF = "620000000 + (campaign_id - 310000000) // 10"
MARTS = ("+fct_campaign_spend_daily", "+dim_campaigns")


def test_spend_by_campaign_is_that_of_both_platforms(tmp_path: Path) -> None:
    with company_sandbox(tmp_path / "company", scale=0.05) as sandbox:
        lake = Lake(tmp_path / "landed", sandbox)
        for days in (0, 12, 1):
            sandbox.advance(days * DAY)
            for source in SOURCES:
                lake.land(source)
        assert sandbox.world is not None
        store = sandbox.world.store
        google, linkedin = (store.current(f"{source}.campaign_daily") for source in SOURCES)
        truth = store.fetch(
            f"""select 'google_ads' as source, cast(campaign_id as varchar) as campaign_id,
                round(sum("metrics.cost_micros") / 1000000, 2) as cost,
                cast(sum("metrics.impressions") as bigint) as impressions
            from {google} group by 1, 2
            union all
            select 'linkedin_ads', cast({GROUP_OF} as varchar), round(sum(cost), 2),
                cast(sum(impressions) as bigint)
            from {linkedin} group by 1, 2
            order by 1, 2"""
        ).rows()
        as_of = lake.now().isoformat()
    landed = LandedLake(lake.root / "lake", SOURCES)
    release = Release(tmp_path / "release", landed, tmp_path / "dbt")
    release.dbt("build", "--indirect-selection", "cautious", "--select", *MARTS, as_of=as_of)
    found = release.query(
        """select source, campaign_id, cast(sum(cost_amount) as double),
            cast(sum(impression_count) as bigint)
        from marts.fct_campaign_spend_daily inner join marts.dim_campaigns using (campaign_key)
        group by 1, 2 order by 1, 2"""
    )
    assert {source for source, *_ in truth} == set(SOURCES)
    assert found == truth
    everything = release.query("select count(*) from marts.fct_campaign_spend_daily")
    assert everything == release.query(
        "select count(*) from marts.fct_campaign_spend_daily where campaign_key is not null"
    )
