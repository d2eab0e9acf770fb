// Command clients takes a request through its whole life with the client that oapi-codegen
// makes of the OpenAPI document: `clients <address> <token>`. It says what went otherwise than
// the document has it. The folder is a module of its own: nothing of it is in the program.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"time"

	"clients/client"
)

func main() {
	if err := life(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("lived")
}

func life(ctx context.Context, address, token string) error {
	c, err := client.NewClientWithResponses(address, client.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	if err != nil {
		return err
	}
	value, reference := "ana@example.com", "GO-1"
	submitted, err := c.SubmitRequestWithResponse(ctx, nil, client.Submission{Reference: &reference,
		Selectors: []client.SelectorInput{{Metadata: &client.MetadataInput{Value: value}}}})
	if err != nil || submitted.JSON201 == nil {
		return fmt.Errorf("submit: %v, %s", err, submitted.Body)
	}
	id := submitted.JSON201.Id
	again, err := c.SubmitRequestWithResponse(ctx, nil, client.Submission{Reference: &reference, Selectors: []client.SelectorInput{{Identifier: &value}}})
	if err != nil || again.ApplicationproblemJSON409 == nil || again.ApplicationproblemJSON409.Code != client.ProblemCodeDuplicateReference {
		return fmt.Errorf("submit again: %v, %s", err, again.Body)
	}
	if err := untilReady(ctx, c, id); err != nil {
		return err
	}
	return handOver(ctx, c, id)
}

func untilReady(ctx context.Context, c *client.ClientWithResponses, id client.RequestId) error {
	for end := time.Now().Add(time.Minute); ; {
		got, err := c.GetRequestWithResponse(ctx, id, nil)
		if err != nil || got.JSON200 == nil {
			return fmt.Errorf("read: %v, %s", err, got.Body)
		}
		if got.JSON200.Status == client.StatusReady {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the request is still %s", got.JSON200.Status)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// handOver finds the request in the list, downloads, answers and purges it.
func handOver(ctx context.Context, c *client.ClientWithResponses, id client.RequestId) error {
	status, sort := []client.Status{client.StatusReady}, client.Updated
	list, err := c.ListRequestsWithResponse(ctx, &client.ListRequestsParams{Status: &status, Sort: &sort})
	if err != nil || list.JSON200 == nil || len(list.JSON200.Items) == 0 {
		return fmt.Errorf("list: %v, %s", err, list.Body)
	}
	request := list.JSON200.Items[len(list.JSON200.Items)-1]
	download, err := c.DownloadArchiveWithResponse(ctx, id, nil)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(download.Body); hex.EncodeToString(sum[:]) != request.Result.Archive.Sha256 || int64(len(download.Body)) != request.Result.Archive.Size {
		return fmt.Errorf("the archive of %d bytes is not the one of the request", len(download.Body))
	}
	outcome := client.OutcomeNameGiven
	answered, err := c.AnswerRequestWithResponse(ctx, id, nil, client.AnswerRequestJSONRequestBody{Outcome: &outcome})
	if err != nil || answered.JSON200 == nil || answered.JSON200.Answer == nil {
		return fmt.Errorf("answer: %v, %s", err, answered.Body)
	}
	if purged, err := c.PurgeRequestWithResponse(ctx, id, nil); err != nil || purged.StatusCode() != http.StatusNoContent {
		return fmt.Errorf("purge: %v, %s", err, purged.Body)
	}
	gone, err := c.GetRequestWithResponse(ctx, id, nil)
	if err != nil || gone.ApplicationproblemJSON410 == nil || gone.ApplicationproblemJSON410.Receipt == nil {
		return fmt.Errorf("after the purge: %v, %s", err, gone.Body)
	}
	return nil
}
