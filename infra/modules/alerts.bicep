metadata description = 'Who is told what is wrong: few rules that ask all of alerts.json, one on storage and one on the vault.'

@description('Required. Short name of this deployment.')
param environmentName string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags { *: string }

@description('Required. Id of Application Insights, whose tables the queries read.')
param applicationInsightsId string

@description('Required. Id of the storage account of leads and host.')
param storageId string

@description('Required. Id of the vault, which tells when a secret is about to expire.')
param vaultId string

@description('Required. Who is told, by e-mail; nobody if empty, and alerts show in the portal alone.')
param emails string[]

@description('Required. Web address of the folder of runbooks, without a slash at its end.')
param runbooks string

@description('Required. Whether the rules are on. Before the first release they would tell that nothing ticks.')
param isEnabled bool

var alerts = loadJsonContent('../alerts.json')

// A rule has one severity, and either closes its alerts by itself or leaves that to people: what
// agrees in both is asked by one rule, for each costs as much as the next.
var rules = [
  {
    name: 'lost'
    title: 'leads are being lost'
    severity: 0
    stays: true
    mute: 'PT30M'
  }
  {
    name: 'urgent'
    title: 'cannot wait until morning'
    severity: 1
    stays: false
    mute: null
  }
  {
    name: 'kept'
    title: 'waits for a person'
    severity: 2
    stays: true
    mute: 'PT12H'
  }
  {
    name: 'watched'
    title: 'can wait until morning'
    severity: 2
    stays: false
    mute: null
  }
]

// What a mail shows of a query are its dimensions: which alert it is, what it is about, and the page
// that says what to do. A row in which one of them is empty may be left out, so none is.
var nothing = ['\'\'']
var questions = map(alerts, alert => {
  name: alert.name
  severity: alert.severity
  stays: alert.stays
  asks: join(alert.query, '\n')
  thing: 'trim(\' +\', strcat(${join(concat(nothing, alert.by), ', \' \', ')}))'
})
var queries = map(questions, one => {
  severity: one.severity
  stays: one.stays
  query: '${one.asks}\n| extend thing = ${one.thing}\n| project alert = \'${one.name}\', thing = iff(isempty(thing), \'-\', thing), runbook = \'${runbooks}/${one.name}.md\''
})
var asked = map(rules, rule => filter(queries, one => (one.severity == rule.severity) && (one.stays == rule.stays)))
var receivers = empty(emails) ? [] : [people.id]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: 'ag-leadshare-${environmentName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'leadshare'
    enabled: true
    emailReceivers: [
      for (email, number) in emails: {
        name: 'person-${number}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alertRules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for (rule, i) in rules: {
    name: 'leadshare-${environmentName}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'leadshare ${environmentName}: ${rule.title}'
      description: 'The dimension alert names the alert, thing what it is about, runbook the page that says what to do.'
      enabled: isEnabled
      severity: rule.severity
      evaluationFrequency: 'PT15M'
      // The longest there is: each question says by itself how far it looks back.
      windowSize: 'P2D'
      // Its tables may not be known yet in the minute after Application Insights was made; tests
      // have put every query through Microsoft's parser.
      skipQueryValidation: true
      // What stays wrong unseen, such as a lost POST, must be closed by a person.
      autoMitigate: !rule.stays
      // Such a rule would tell people anew each time that it sees the same line. Where Azure mutes
      // more than the thing that it has told of, that is still there to be told once this is over.
      muteActionsDuration: rule.mute
      scopes: [applicationInsightsId]
      criteria: {
        allOf: [
          {
            // A rule's query must begin with a table (Microsoft, "Optimize log search alert queries").
            query: '${asked[i][0].query}\n| union (\n${join(map(skip(asked[i], 1), one => one.query), '\n), (\n')}\n)'
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(['alert', 'thing', 'runbook'], name => {
              name: name
              operator: 'Include'
              values: ['*']
            })
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: receivers
      }
    }
  }
]

resource throttled 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'leadshare-${environmentName}-storage-throttled'
  location: 'global'
  tags: tags
  properties: {
    description: 'Storage turns requests away. What to do: ${runbooks}/storage-throttled.md'
    enabled: true
    severity: 2
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    scopes: [storageId]
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Transactions'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: [
                'ClientAccountBandwidthThrottlingError'
                'ClientAccountRequestThrottlingError'
                'ClientThrottlingError'
                'ServerBusyError'
                'SuccessWithThrottling'
              ]
            }
          ]
        }
      ]
    }
    actions: [for id in receivers: { actionGroupId: id }]
  }
}

// Few systems tell when their secret ends; the vault knows it of all that were given an end.
resource vaultEvents 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-leadshare-${environmentName}'
  location: location
  tags: tags
  properties: {
    source: vaultId
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

resource secretEnds 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: vaultEvents
  name: 'secret-expiring'
  properties: {
    // Alerts take no other schema.
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: ['Microsoft.KeyVault.SecretNearExpiry', 'Microsoft.KeyVault.SecretExpired']
    }
    destination: {
      endpointType: 'MonitorAlert'
      properties: {
        severity: 'Sev2'
        description: 'A secret expires soon. What to do: ${runbooks}/secret-expiring.md'
        actionGroups: receivers
      }
    }
  }
}

@description('Ids of the action groups that are told.')
output receivers string[] = receivers
