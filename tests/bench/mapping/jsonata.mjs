// The same mapping in JSONata, timed as the Rust side is. Prints one JSON line: the median microseconds of each row.

import { readFileSync } from 'node:fs'
import { deepStrictEqual } from 'node:assert'
import jsonata from 'jsonata'

const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')
const [input, meta, answer] = ['input.json', 'meta.json', 'answer.json'].map(read)
const constants = JSON.parse(read('constants.json'))
const timestamp = 1763753520120
const texts = { request: read('request.jsonata'), result: read('result.jsonata') }
const compiled = { request: jsonata(texts.request), result: jsonata(texts.result) }

const request = async (value) => JSON.stringify(await compiled.request.evaluate({ constants, input: value }))
const result = async () =>
    JSON.stringify(
        await compiled.result.evaluate({ meta: JSON.parse(meta), response: JSON.parse(answer), timestamp }),
    )

deepStrictEqual(JSON.parse(await request(JSON.parse(input))), JSON.parse(read('request.json')))
deepStrictEqual(JSON.parse(await result()), JSON.parse(read('result.json')))

async function median(work, calls = 500, samples = 30) {
    for (let call = 0; call < 2 * calls; call++) await work()
    const times = []
    for (let sample = 0; sample < samples; sample++) {
        const started = process.hrtime.bigint()
        for (let call = 0; call < calls; call++) await work()
        times.push(Number(process.hrtime.bigint() - started) / 1e3 / calls)
    }
    return times.sort((a, b) => a - b)[samples >> 1]
}

const parsed = JSON.parse(input)
console.log(
    JSON.stringify({
        compile: await median(() => [jsonata(texts.request), jsonata(texts.result)], 100),
        request: await median(() => request(parsed)),
        request_from_bytes: await median(() => request(JSON.parse(input))),
        result: await median(result),
    }),
)
