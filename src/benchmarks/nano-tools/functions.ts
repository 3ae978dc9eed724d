import words from '../../../nano/words.json' with { type: 'json' }
import type { Rng } from '../../lib/rng.ts'

type ValueKind = 'animal' | 'city' | 'colour' | 'day' | 'number' | 'person' | 'place' | 'thing' | 'title'

export interface ToolFunction {
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<string, ValueKind>>
  /** Two ways to ask for it; `{p}` is the value of parameter p. */
  readonly utterances: readonly [string, string]
}

/** In training and test. */
export const seenFunctions: readonly ToolFunction[] = [
  tool(
    'play_song',
    'Play a song by its title.',
    { title: 'title' },
    'Play {title}.',
    'I want to hear {title}.',
  ),
  tool(
    'get_weather',
    'Get the weather in a city.',
    { city: 'city', day: 'day' },
    'What is the weather in {city} on {day}?',
    'Is it warm in {city} on {day}?',
  ),
  tool(
    'set_timer',
    'Start a timer in minutes.',
    { minutes: 'number' },
    'Set a timer for {minutes} minutes.',
    'Wake me in {minutes} minutes.',
  ),
  tool(
    'call_person',
    'Call a person by name.',
    { name: 'person' },
    'Call {name}.',
    'I want to talk to {name}.',
  ),
  tool(
    'light_room',
    'Turn on the light in a place.',
    { place: 'place', level: 'number' },
    'Light the {place} at {level}.',
    'Set the light in the {place} to {level}.',
  ),
  tool(
    'add_item',
    'Add an item to the list.',
    { item: 'thing', count: 'number' },
    'Add {count} of {item} to the list.',
    'We need {count} of {item}.',
  ),
  tool(
    'send_item',
    'Send an item to a person.',
    { item: 'thing', name: 'person' },
    'Send the {item} to {name}.',
    'Mail {name} the {item}.',
  ),
  tool(
    'feed_animal',
    'Feed an animal some grams.',
    { animal: 'animal', grams: 'number' },
    'Feed the {animal} {grams} grams.',
    'Give {grams} grams to the {animal}.',
  ),
  tool(
    'paint_room',
    'Paint a place in a colour.',
    { place: 'place', colour: 'colour' },
    'Paint the {place} {colour}.',
    'Make the {place} {colour}.',
  ),
  tool(
    'find_item',
    'Find an item in a place.',
    { item: 'thing', place: 'place' },
    'Find the {item} in the {place}.',
    'Is the {item} in the {place}?',
  ),
  tool(
    'book_room',
    'Book a room in a city.',
    { city: 'city', nights: 'number' },
    'Book a room in {city} for {nights} nights.',
    'I stay {nights} nights in {city}.',
  ),
  tool(
    'set_price',
    'Set the price of an item.',
    { item: 'thing', coins: 'number' },
    'Sell the {item} for {coins} coins.',
    'The {item} costs {coins} coins now.',
  ),
  tool(
    'meet_person',
    'Meet a person at a place.',
    { name: 'person', place: 'place' },
    'Meet {name} at the {place}.',
    'Plan to see {name} at the {place}.',
  ),
  tool(
    'draw_animal',
    'Draw an animal in a colour.',
    { animal: 'animal', colour: 'colour' },
    'Draw a {colour} {animal}.',
    'Show me a {colour} {animal}.',
  ),
]

/** In the test only: what no training item shows. */
export const unseenFunctions: readonly ToolFunction[] = [
  tool(
    'get_news',
    'Get the news of a city.',
    { city: 'city' },
    'What is new in {city}?',
    'Read me the news of {city}.',
  ),
  tool(
    'set_heat',
    'Set the heat in a place.',
    { place: 'place', level: 'number' },
    'Heat the {place} to {level}.',
    'Make it {level} in the {place}.',
  ),
  tool(
    'buy_ticket',
    'Buy tickets to a city.',
    { city: 'city', count: 'number' },
    'Buy {count} tickets to {city}.',
    'I need {count} tickets for {city}.',
  ),
  tool(
    'lend_item',
    'Lend an item to a person.',
    { item: 'thing', name: 'person' },
    'Lend {name} the {item}.',
    'Let {name} have the {item}.',
  ),
]

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const moods = ['happy', 'sad', 'little', 'old', 'lost', 'wild']

export function drawValue(kind: ValueKind, rng: Rng): string | number {
  switch (kind) {
    case 'animal':
      return rng.pick(words.animals)
    case 'city':
      return rng.pick(words.cities)
    case 'colour':
      return rng.pick(words.colours)
    case 'day':
      return rng.pick(days)
    case 'number':
      return rng.int(2, 60)
    case 'person':
      return rng.pick([...words.she, ...words.he])
    case 'place':
      return rng.pick(words.places)
    case 'thing':
      return rng.pick(words.objects).one
    case 'title':
      return `${rng.pick(moods)} ${rng.pick(words.animals)}`
  }
}

function tool(
  name: string,
  description: string,
  parameters: Readonly<Record<string, ValueKind>>,
  ...utterances: readonly [string, string]
): ToolFunction {
  return { name, description, parameters, utterances }
}
