// A small document for a first try: no upstream, so the gateway answers with its examples.

export const exampleDocument = `openapi: 3.1.0
info:
  title: Greetings
  version: '1.0'
  description: A small API to try the platform with. It answers with the examples of this document.
tags:
  - name: greetings
    description: Words for arriving and leaving
paths:
  /words:
    get:
      operationId: listGreetings
      summary: List greetings
      tags: [greetings]
      responses:
        '200':
          description: All greetings
          content:
            application/json:
              schema:
                type: array
                items: { $ref: '#/components/schemas/Greeting' }
              example:
                - { id: hello, text: Hello, language: en }
                - { id: moin, text: Moin, language: de }
  /words/{id}:
    get:
      operationId: getGreeting
      summary: Read one greeting
      tags: [greetings]
      parameters:
        - { name: id, in: path, required: true, description: Which greeting, schema: { type: string } }
      responses:
        '200':
          description: The greeting
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Greeting' }
              example: { id: hello, text: Hello, language: en }
        '404':
          description: There is no such greeting
components:
  schemas:
    Greeting:
      type: object
      required: [id, text, language]
      properties:
        id: { type: string }
        text: { type: string }
        language: { type: string }
`
