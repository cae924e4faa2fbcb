// Package secret reads secrets from AWS Secrets Manager. It is a package of its own, and handed to the wiring by the functions that
// need it, because its client is as large as a function's own code: five of seven functions do without.
package secret

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Open makes what reads the secret of that id: its text as it is at the time of the call. endpoint is another address of the service;
// nil is the region's.
func Open(config aws.Config, endpoint *string, id string) func(context.Context) (string, error) {
	client := secretsmanager.NewFromConfig(config, func(o *secretsmanager.Options) { o.BaseEndpoint = endpoint })
	return func(ctx context.Context) (string, error) {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.SecretString), nil
	}
}
