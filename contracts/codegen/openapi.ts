import { z } from 'zod';
import { problemCodes, problems, type ProblemCode } from '../problems/codes.ts';
import { answerOf } from '../queries/define.ts';
import { queries } from '../queries/queries.ts';
import { eventsPath, jwksPath, Session, sessionPath, SignIn } from '../realtime/session.ts';
import { clientCommands } from '../registry/commands.ts';
import { type JsonSchema, Schemas } from './schemas.ts';

const bearer = [{ bearer: [] }];
const jsonBody = (schema: JsonSchema) => ({ required: true, content: { 'application/json': { schema } } });
const json = (description: string, schema: JsonSchema) => ({ description, content: { 'application/json': { schema } } });

/** Refusals that every signed-in route can answer with. */
const usual: readonly ProblemCode[] = ['malformed', 'unauthenticated', 'forbidden', 'not-found', 'invalid', 'rate-limited', 'internal', 'unavailable'];
/** What one query alone can answer with. */
const own: Readonly<Record<string, readonly ProblemCode[]>> = { search: ['search-unavailable', 'overloaded'] };
const atCommands: readonly ProblemCode[] = [...usual, 'id-reused', 'too-large', 'unsupported-media-type', 'storage-full'];

function refusals(codes: readonly ProblemCode[]): Record<string, unknown> {
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(statuses.map((status) => ({ status, same: codes.filter((code) => problems[code].status === status) })).map(({ status, same }) => [String(status), {
    description: same.map((code) => `\`${code}\`: ${problems[code].title}`).join(' '),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }]));
}

const openPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');
const pathNames = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
const operationId = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function objectParts(schema: JsonSchema): { properties: Record<string, JsonSchema>; required: string[] } {
  return { properties: (schema['properties'] ?? {}) as Record<string, JsonSchema>, required: (schema['required'] ?? []) as string[] };
}

function commandOperations(schemas: Schemas): [string, string, object][] {
  return clientCommands.flatMap(({ type, kind, route, body, summary, alone }) => {
    if (!route) return [];
    const { properties, required } = objectParts(schemas.of(body));
    const names = pathNames(route.path);
    const fields = Object.entries(properties).filter(([name]) => !names.includes(name));
    const requestBody = fields.length === 0 ? undefined : jsonBody({ type: 'object', properties: Object.fromEntries(fields), required: required.filter((name) => !names.includes(name)), additionalProperties: false });
    return [[openPath(route.path), route.method.toLowerCase(), {
      operationId: operationId(type), tags: [`${kind} commands`], summary, security: bearer,
      ...(alone && { description: 'Changes who may see the room, so it is stored in a commit of its own.' }),
      parameters: [
        { $ref: '#/components/parameters/IdempotencyKey' },
        ...names.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? {} })),
      ],
      ...(requestBody && { requestBody }),
      responses: { 200: json('It is in the log, once, however often it was sent.', { $ref: '#/components/schemas/CommandAnswer' }), ...refusals(atCommands) },
    }]] as [string, string, object][];
  });
}

function queryOperations(inputs: Schemas, outputs: Schemas): [string, string, object][] {
  return queries.map(({ name, path, summary, params, data }) => {
    const { properties, required } = objectParts(inputs.of(params));
    const names = pathNames(path);
    const parameters = Object.entries(properties).map(([parameter, schema]) => ({
      name: parameter, in: names.includes(parameter) ? 'path' : 'query', required: names.includes(parameter) || required.includes(parameter), schema,
    }));
    return [openPath(path), 'get', {
      operationId: operationId(name), tags: ['queries'], summary, security: bearer, parameters,
      responses: { 200: json('The answer, how far the read model was, and whether it had reached `after`.', outputs.of(answerOf(data))), ...refusals([...usual, 'cursor-invalid', ...(own[name] ?? [])]) },
    }];
  });
}

const Problem = z.object({
  type: z.string(), code: z.enum(problemCodes as [ProblemCode, ...ProblemCode[]]), title: z.string(), status: z.int(), detail: z.string().optional(), instance: z.string().optional(),
  retryAfterMs: z.number().optional(), errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
const CommandAnswer = z.object({
  id: z.string(), n: z.int().describe('Number of the command’s first event in its aggregate'), events: z.int().describe('How many events it caused; 0 for a no-op'),
  seq: z.int().describe('Sequence of its commit in its stream'), at: z.string(), cursor: z.string().describe('Give it as `after` to a query that must know of this'),
  roomId: z.string().optional().describe('The room of a `create-direct-room`'), repeated: z.literal(true).optional().describe('The command had been done before'),
});

function sessionOperations(inputs: Schemas, outputs: Schemas): [string, string, object][] {
  const session = json('A token for an hour.', outputs.of(Session));
  return [
    [sessionPath, 'post', { operationId: 'signIn', tags: ['session'], summary: 'Sign in by name or as a guest.', security: [], requestBody: jsonBody(inputs.of(SignIn)), responses: { 200: session, ...refusals(['malformed', 'invalid', 'rate-limited', 'unavailable', 'timeout']) } }],
    [`${sessionPath}/renew`, 'post', { operationId: 'renewSession', tags: ['session'], summary: 'Get a fresh token for one that is still valid.', security: bearer, responses: { 200: session, ...refusals(['unauthenticated', 'token-expired', 'rate-limited']) } }],
    [jwksPath, 'get', { operationId: 'publicKeys', tags: ['session'], summary: 'Public keys that tokens are signed with.', security: [], responses: { 200: json('A JSON Web Key Set.', { type: 'object', properties: { keys: { type: 'array', items: { type: 'object' } } } }), ...refusals(['rate-limited']) } }],
    [eventsPath, 'get', {
      operationId: 'events', tags: ['realtime'], summary: 'The frames of a socket as server-sent events; see asyncapi.json.', security: bearer,
      parameters: [{ name: 'cursor', in: 'query', required: false, schema: { type: 'string', maxLength: 500 } }, { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string', maxLength: 500 } }],
      responses: { 200: { description: 'An endless stream of events.', content: { 'text/event-stream': { schema: { type: 'string' } } } }, ...refusals(['unauthenticated', 'cursor-invalid', 'rate-limited', 'unavailable']) },
    }],
  ];
}

/** The REST interface as OpenAPI 3.1, from the registries alone. */
export function openApiDocument(version: string): object {
  const inputs = new Schemas('input');
  const outputs = new Schemas('output');
  const paths: Record<string, Record<string, object>> = {};
  for (const [path, method, operation] of [...sessionOperations(inputs, outputs), ...commandOperations(inputs), ...queryOperations(inputs, outputs)]) (paths[path] ??= {})[method] = operation;
  const components = { Problem: outputs.of(Problem), CommandAnswer: outputs.of(CommandAnswer) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Commands and queries of a chat that keeps a log. Every command carries an id (UUIDv7, lower case) in `Idempotency-Key`: sent again with the same id it is done once and answered the same. Every refusal is a problem (RFC 9457) with a stable `code`.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(paths).flatMap((methods) => Object.values(methods).flatMap((operation) => (operation as { tags: string[] }).tags)))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      parameters: { IdempotencyKey: { name: 'Idempotency-Key', in: 'header', required: true, description: 'The command’s id: a lower-case UUIDv7, made anew for each command and kept for its repetitions.', schema: { type: 'string', format: 'uuid' } } },
      schemas: { ...inputs.components, ...outputs.components, ...components },
    },
  };
}
