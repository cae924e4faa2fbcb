// Package gateway is Amazon API Gateway's behaviour, in process: one WebSocket API and one HTTP API in front of Lambda
// functions given as Go funcs. It lets the handlers that are deployed meet, on a laptop, the limits and the odd corners
// that they will meet on AWS. It knows nothing of Parley.
//
// # What is emulated
//
// The handshake ([Gateway.Socket]):
//   - A REQUEST authorizer runs before the upgrade. A missing identity source is 401 and calls nobody; the error
//     "Unauthorized" is 401; a policy that does not allow execute-api:Invoke on the method ARN is 403; any other error,
//     a result that is not a policy, a context that is not flat or is over 8 KB is 500. Its context goes, as strings, into
//     requestContext.authorizer of every later event of the connection, $disconnect included.
//   - Then $connect runs, still before the upgrade. A status other than 2xx refuses the handshake with that status, an
//     error with 502, a time-out with 504. Its header Sec-WebSocket-Protocol is echoed if the client offered that protocol.
//   - Until $connect has returned, the connection does not exist: posts to its id are 410.
//
// Frames:
//   - Routes are chosen by one property of a JSON body. No such route, no such property, not JSON: $default; without
//     $default the frame {"message":"Forbidden",...}. A client cannot name $connect, $disconnect or $default.
//   - Every frame is its own invocation at once, so that the frames of one connection overtake each other as on AWS.
//     Only [Limits.InFlight] of one connection run at the same time; then its reading pauses.
//   - MOCK integrations answer their text, and call nobody.
//   - A body goes back to the client only where the route has a route response, whatever its status code says.
//   - A function that fails or answers without a status code makes the frame {"message":"Internal server error",
//     "connectionId":...,"requestId":...}; one that takes longer than the integration's time-out (at most 29 s) makes
//     "Endpoint request timed out" and runs on, its answer unheard.
//   - A frame over 32 KB or a message over 128 KB ends the socket with 1009, a binary frame with 1003, text that is not
//     UTF-8 with 1007, 10 minutes without a message in either direction with 1001, an age of 2 hours with 1001.
//   - $disconnect is told the code and the reason, once, and nobody hears its answer.
//
// Management ([Gateway.Connections] over HTTP, [Gateway.Transport] without): POST, GET and DELETE of @connections/{id}
// for the unmodified SDK client. A signature must be there and is not verified (403), the stage must be right (403), 128 KB
// is the most (413), an optional token bucket or a client that does not read gives 429, an unknown, early or ended id 410.
// Messages over 32 KB go out in several frames.
//
// The HTTP API ([Gateway.HTTP]): payload format 2.0, answers with a statusCode, paths with {name} and {name+}, $default, CORS
// answered by the gateway, bodies to 10 MB (413), a failing function 500, one that takes over 30 s 503, no route 404. Routes
// are matched by [net/http.ServeMux]: HEAD goes where GET goes, and a path like /a//b is redirected to /a/b.
//
// [Chaos] makes the emulation as unreliable as AWS is allowed to be.
//
// # What is refused
//
// [New] refuses in words: route selection by anything else than $request.body.<property>, identity sources other than
// headers and query strings, mapping templates with variables ($ or #), time-outs that AWS does not accept.
//
// # What is not there
//
// Verified signatures and IAM, HTTP and AWS integrations, request models and API keys, JWT authorizers, throttling of
// frames and of the HTTP API, stage variables, custom domains, permessage-deflate, binary media types, the limits on
// headers, on new connections and on Lambda payloads, HTTP answers without a statusCode. The authorizer's policy is asked for
// $connect only. Ping frames are answered, but they do not count as messages.
package gateway
