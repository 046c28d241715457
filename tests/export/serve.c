/* Serves one exported model as TensorFlow Serving does: TF_LoadSessionFromSavedModel with
 * the tag `serve`, then one TF_SessionRun for each request, through the C API alone.
 *
 *   serve DIR < requests > answers
 *
 * A request is the number of inputs, for each its operation, output number, dtype, rank,
 * sizes and values, then the number of outputs and for each its operation and number, all
 * as words. An answer is a line `ok` and a line for each output (dtype, rank, sizes, values;
 * strings in hexadecimal), or a line `error CODE MESSAGE`.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tensorflow/c/c_api.h>

enum { MOST = 8 };

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(2);
}

static int64_t number(void) {
  int64_t value;
  if (scanf("%" SCNd64, &value) != 1) fail("request", "a number is missing");
  return value;
}

static TF_Output place(TF_Graph *graph) {
  char name[1024];
  if (scanf("%1023s", name) != 1) fail("request", "an operation is missing");
  TF_Output found = {TF_GraphOperationByName(graph, name), (int)number()};
  if (!found.oper) fail("no such operation", name);
  return found;
}

static TF_Tensor *given(void) {
  TF_DataType dtype = (TF_DataType)number();
  int rank = (int)number();
  int64_t sizes[MOST], count = 1;
  if (rank > MOST) fail("request", "the rank is too large");
  for (int i = 0; i < rank; i++) count *= sizes[i] = number();
  TF_Tensor *tensor = TF_AllocateTensor(dtype, sizes, rank, count * TF_DataTypeSize(dtype));
  void *data = TF_TensorData(tensor);
  for (int64_t i = 0; i < count; i++) {
    int read = dtype == TF_FLOAT   ? scanf("%f", (float *)data + i)
               : dtype == TF_DOUBLE ? scanf("%lf", (double *)data + i)
               : dtype == TF_INT32  ? scanf("%" SCNd32, (int32_t *)data + i)
               : dtype == TF_INT64  ? scanf("%" SCNd64, (int64_t *)data + i)
                                    : 0;
    if (read != 1) fail("request", "a value is missing");
  }
  return tensor;
}

static void show(const TF_Tensor *tensor) {
  TF_DataType dtype = TF_TensorType(tensor);
  int64_t count = TF_TensorElementCount(tensor);
  const void *data = TF_TensorData(tensor);
  printf("%d %d", (int)dtype, TF_NumDims(tensor));
  for (int i = 0; i < TF_NumDims(tensor); i++) printf(" %" PRId64, TF_Dim(tensor, i));
  for (int64_t i = 0; i < count; i++) {
    if (dtype == TF_FLOAT) printf(" %.9g", ((const float *)data)[i]);
    else if (dtype == TF_INT32) printf(" %" PRId32, ((const int32_t *)data)[i]);
    else if (dtype == TF_STRING) {
      const TF_TString *text = (const TF_TString *)data + i;
      const unsigned char *bytes = (const unsigned char *)TF_StringGetDataPointer(text);
      putchar(' ');
      for (size_t k = 0; k < TF_StringGetSize(text); k++) printf("%02x", bytes[k]);
    } else fail("answer", "no such dtype");
  }
  putchar('\n');
}

int main(int argc, char **argv) {
  const char *tag = "serve";
  TF_Status *status = TF_NewStatus();
  TF_Graph *graph = TF_NewGraph();
  TF_SessionOptions *options = TF_NewSessionOptions();
  if (argc != 2) fail("usage", "serve DIR < requests > answers");
  TF_Session *session =
      TF_LoadSessionFromSavedModel(options, NULL, argv[1], &tag, 1, graph, NULL, status);
  if (TF_GetCode(status) != TF_OK) fail(argv[1], TF_Message(status));
  for (int inputs; scanf("%d", &inputs) == 1;) {
    TF_Output from[MOST], to[MOST];
    TF_Tensor *fed[MOST] = {0}, *found[MOST] = {0};
    if (inputs > MOST) fail("request", "too many inputs");
    for (int i = 0; i < inputs; i++) from[i] = place(graph), fed[i] = given();
    int outputs = (int)number();
    if (outputs > MOST) fail("request", "too many outputs");
    for (int i = 0; i < outputs; i++) to[i] = place(graph);
    TF_SessionRun(session, NULL, from, fed, inputs, to, found, outputs, NULL, 0, NULL, status);
    if (TF_GetCode(status) == TF_OK) puts("ok");
    else {
      char line[512];
      snprintf(line, sizeof line, "%s", TF_Message(status));
      line[strcspn(line, "\n")] = 0;
      printf("error %d %s\n", (int)TF_GetCode(status), line);
    }
    for (int i = 0; i < outputs; i++)
      if (found[i]) show(found[i]), TF_DeleteTensor(found[i]);
    for (int i = 0; i < inputs; i++) TF_DeleteTensor(fed[i]);
  }
  TF_CloseSession(session, status);
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return 0;
}
