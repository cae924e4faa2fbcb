"""Takes an action away from a role, or gives it back: forbid.py ROLE [ACTION]. It asks whatever AWS the environment names."""

import json
import sys

import boto3

POLICY = "forbidden"

role, *action = sys.argv[1:]
iam = boto3.client("iam")
if action:
    statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
    iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
else:
    iam.delete_role_policy(RoleName=role, PolicyName=POLICY)
