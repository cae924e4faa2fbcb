package dynamo

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/parley-chat/parley/functions/chat"
)

// Connect writes a connection's row whole: a hello and every beat do the same.
//
// Units: 1 write.
func (s *Store) Connect(ctx context.Context, c chat.Connection) error {
	it := key(connectionPK(c.Principal), c.ID)
	it.putText("website", c.Website)
	it.putTime("seenAt", c.Seen)
	it.putExpiry(c.Expires)
	return s.putItem(ctx, "connect", s.put("", s.tables.Connections, it, ""))
}

// Disconnect deletes a connection's row.
//
// Units: 1 write.
func (s *Store) Disconnect(ctx context.Context, p chat.Principal, id string) error {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.tables.Connections, Key: key(connectionPK(p), id)})
	return judge("disconnect", err)
}

// ConnectionsOf reads the rows of a principal; those past their ttl, and a customer's on other websites, are left out.
//
// Units: 1 read (about 40 connections).
func (s *Store) ConnectionsOf(ctx context.Context, p chat.Principal) ([]chat.Connection, error) {
	items, err := s.query(ctx, "connections", &dynamodb.QueryInput{TableName: &s.tables.Connections, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("#PK = :principal"),
		ExpressionAttributeValues: item{":principal": text(connectionPK(p))}}, 0)
	if err != nil {
		return nil, err
	}
	var found []chat.Connection
	for _, it := range items {
		c := chat.Connection{ID: it.text(sk), Seen: it.time("seenAt"), Expires: it.expiry(),
			Principal: chat.Principal{Role: p.Role, ID: strings.SplitN(it.text(pk), ":", 2)[1], Website: it.text("website")}}
		if !s.expired(it) && c.Website == p.Website {
			found = append(found, c)
		}
	}
	return found, nil
}
