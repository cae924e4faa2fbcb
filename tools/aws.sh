# What deploy.sh, publish.sh and destroy.sh ask before they touch anything: . tools/aws.sh
#
# The Region by both of its names: the SAM CLI and version 1 of the AWS CLI read one, everything else the other.
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
[ -z "$region" ] || export AWS_REGION="$region" AWS_DEFAULT_REGION="$region"

# Ends the script unless that can be the name of a stack.
named() {
    case $1 in
        '' | [!a-zA-Z]* | *[!a-zA-Z0-9-]*)
            echo "A stack has a name of letters, digits and hyphens, with a letter first: not '$1' (STACK=...)." >&2
            exit 1 ;;
    esac
}

# Ends the script unless the AWS CLI is there and AWS knows who asks; says who does what to which stack where.
known() {
    if ! command -v aws >/dev/null; then
        echo "$1 needs the AWS CLI (version 1 or 2): https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html" \
            "or, with Python, pip install awscli. Nothing was touched." >&2
        exit 1
    fi
    account=$(aws sts get-caller-identity --query Account --output text 2>&1) || {
        printf '%s\n' "$account" "AWS does not say who you are. Credentials come from AWS_PROFILE, from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY," \
            "or from aws configure. Nothing was touched." >&2
        exit 1
    }
    echo "$1 the stack $stack of account $account in ${region:-$(aws configure get region 2>/dev/null || echo "the Region of your profile")} ..." >&2
}

# Is the stack there? Ends the script if AWS does not say.
exists() {
    found=$(aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].StackStatus' --output text 2>&1) && return 0
    case $found in *"does not exist"*) return 1 ;; esac
    printf '%s\n' "$found" "It is not known whether there is a stack $stack. Nothing was touched." >&2
    exit 1
}
