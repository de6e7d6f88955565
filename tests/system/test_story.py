import pytest

from tests.system.service import Service, eventually

pytestmark = pytest.mark.system


def test_story(service: Service) -> None:
    """Upload"""
    service.s3.create_bucket(Bucket="demo-local-x")
    service.s3.put_bucket_versioning(Bucket="demo-local-x", VersioningConfiguration={"Status": "Enabled"})
    service.s3.put_bucket_notification_configuration(
        Bucket="demo-local-x", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    service.s3.put_object(Bucket="demo-local-x", Key="k", Body=b"x")
    print(eventually(lambda: service.records("demo-local-x"), bool))
